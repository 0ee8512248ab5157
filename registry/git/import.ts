import { randomUUID } from 'node:crypto';
import {
  ModcastError,
  manifestBytes,
  parsePath,
  type Channel,
  type Hash,
  type Manifest,
} from '../../schema/index.js';
import { closestPath, didYouMean } from '../closest.js';
import { channelDeploys } from '../history/log.js';
import { withTransforms, type FileFilter } from '../ingest/files.js';
import type { DeployFile } from '../packages/package-files.js';
import { blake3 } from '../hash.js';
import type { Store, StoredBlob } from '../store/store.js';
import type { Mode, Transform } from '../transform/transform.js';
import { Checkout, type GitSkipped } from './checkout.js';
import { CommitPackages, type PackagesMissing } from './commit-packages.js';
import { GitObjects, gitChanges, gitCommits, gitFolders, gitHasFolder, type GitCommit } from './git.js';
import type { NpmInstalls } from './npm-installs.js';

export interface GitImportOptions {
  readonly store: Store;
  /** A work tree or a bare repository. */
  readonly repository: string;
  /** The folder of the site, such as `public`. Empty: the whole repository. */
  readonly folder: string;
  readonly channel: Channel;
  /** Branch, tag or commit. */
  readonly branch: string;
  /** Only commits since this time, milliseconds since 1970. Null: all. */
  readonly since: number | null;
  /** Only so many commits, the newest ones. Default: all. */
  readonly max?: number | null;
  readonly filter: FileFilter;
  /** Installs the packages of each commit. Default: the deploys have none. */
  readonly installs?: NpmInstalls | null;
  /** How the channel runs, which decides what it gets of packages. Default: `production`. */
  readonly mode?: Mode;
  /** Those of the site's author. The files that they take are part of the site. Default: none. */
  readonly transforms?: readonly Transform[];
  readonly onInstall?: (commit: GitCommit) => void;
  readonly now: () => number;
  readonly progress?: (progress: { done: number; total: number; deploys: number }) => void;
}

export interface GitImported {
  /** Commits that were read. */
  readonly commits: number;
  /** Earlier commits that a previous import has taken. */
  readonly known: number;
  /** Deploys made by this import. A commit that does not change the site makes none. */
  readonly deploys: number;
  /** The channel's head after the import. Null when the channel has no deploy. */
  readonly head: number | null;
  readonly skipped: readonly GitSkipped[];
  /** Why commits have not all of their packages. */
  readonly packagesMissing?: readonly PackagesMissing[];
  /** If `collect` has dropped deploys of the channel. An import does not make them again. */
  readonly dropped?: true;
}

/** Commits, and bytes of new blobs, that are written at once. */
const WINDOW_COMMITS = 100;
const WINDOW_BYTES = 32 * 1024 * 1024;

/** Digits of a commit's hash in messages. */
const SHORT_NAME = 10;

/** Milliseconds of the lease on the blobs of one window. Writing a window takes a fraction of that. */
const LEASE_MS = 60 * 60 * 1000;

interface Step {
  readonly commit: GitCommit;
  readonly manifest: Manifest;
}

/** `public/`, or empty. @throws ModcastError `path-invalid` */
function folderOf(given: string): string {
  const folder = given.replace(/^(?:\.\/)+|^\.$|\/+$/g, '');
  return folder === '' ? '' : `${parsePath(folder)}/`;
}

/** The commits that the channel's deploys were made from, and whether deploys before them were dropped. */
async function importedCommits(
  store: Store,
  channel: Channel,
): Promise<{ commits: Set<string>; dropped: boolean }> {
  const commits = new Set<string>();
  const numbers = new Set<number>();
  const parents = new Set<number>();
  for await (const { number, parent, commit } of channelDeploys(
    store,
    channel,
    Number.MAX_SAFE_INTEGER - 1,
  )) {
    if (commit !== null) commits.add(commit);
    numbers.add(number);
    if (parent !== null) parents.add(parent);
  }
  return { commits, dropped: [...parents].some((parent) => !numbers.has(parent)) };
}

/** Adds to a failure of the store what was written before, and how to go on. */
function withProgress(
  error: unknown,
  deploys: number,
  channel: Channel,
  last: GitCommit | undefined,
): unknown {
  if (!(error instanceof ModcastError) || deploys === 0) return error;
  const upTo = last === undefined ? '' : ` up to commit ${last.name.slice(0, SHORT_NAME)}`;
  const written = `${deploys} ${deploys === 1 ? 'deploy was' : 'deploys were'} written on ${channel}${upTo}`;
  const message = `${error.message}. ${written}; run the same import again to continue there`;
  return new ModcastError(error.code, message, {
    expected: error.expected,
    found: error.found,
    cause: error,
  });
}

/**
 * The blobs of files whose hashes are not there yet, and adds these. A file finds its links and makes its
 * bytes only when they are read.
 */
export function* newBlobs(files: Iterable<DeployFile>, stored: Set<Hash>): Generator<StoredBlob> {
  for (const file of files) {
    if (stored.has(file.hash)) continue;
    stored.add(file.hash);
    yield { hash: file.hash, bytes: file.bytes(), links: file.links };
  }
}

/**
 * Makes a deploy for each commit of a branch, along first parents, that changes the site. The deploy has the
 * commit's author, time, message and hash. Commits up to the last imported one are skipped.
 *
 * @throws ModcastError `git-failed`, `directory-invalid` (no commit has the folder), `head-moved` (another
 *   process deployed to the channel)
 */
export async function importGit(options: GitImportOptions): Promise<GitImported> {
  const { store, repository, channel, progress = () => {} } = options;
  const folder = folderOf(options.folder);
  const all = await gitCommits(repository, options.branch, options.since, options.max);
  const imported = await importedCommits(store, channel);
  const last = all.findLastIndex(({ name }) => imported.commits.has(name));
  // Read the last imported commit again: later commits are compared with it.
  const commits = all.slice(Math.max(0, last));
  const known = last + 1;
  const owner = `import ${randomUUID()}`;
  const objects = new GitObjects(repository);
  const { installs = null, mode = 'production', transforms = [], onInstall = () => {} } = options;
  const checkout = new Checkout(withTransforms(options.filter, transforms), objects);
  const packages =
    installs === null
      ? null
      : new CommitPackages({ store, objects, folder, mode, transforms, installs, onInstall });
  let head = (await store.head(channel))?.number ?? null;
  let deploys = 0;
  let written: GitCommit | undefined;
  let steps: Step[] = [];
  let blobs: StoredBlob[] = [];
  let bytes = 0;

  const writeBlobs = async (named: readonly { readonly hash: Hash }[] = []) => {
    const hashes = new Set([...blobs, ...named].map(({ hash }) => hash));
    await store.lease([...hashes], owner, options.now() + LEASE_MS);
    await store.putBlobs(blobs);
    blobs = [];
    bytes = 0;
  };
  const write = async () => {
    await writeBlobs(steps.flatMap(({ manifest }) => [...manifest.modules.values()]));
    for (const { commit, manifest } of steps) {
      const { deploy, created } = await store.commit({
        channel,
        manifest,
        hash: blake3(manifestBytes(manifest)),
        expected: head,
        time: commit.time,
        author: commit.author,
        message: commit.message,
        commit: commit.name,
      });
      head = deploy.number;
      if (created) deploys++;
      written = commit;
    }
    steps = [];
  };
  // The first commit brings the whole site, which need not fit the memory.
  const take = async (blob: StoredBlob) => {
    blobs.push(blob);
    bytes += blob.bytes.length;
    if (bytes >= WINDOW_BYTES) await (steps.length > 0 ? write() : writeBlobs());
  };

  try {
    let done = 0;
    let isBase = last >= 0;
    let touched = false;
    const stored = new Set<Hash>();
    for await (const changes of gitChanges(repository, commits, folder)) {
      const commit = commits[done++]!;
      touched ||= changes.length > 0;
      const changed = await checkout.advance(commit, changes, take);
      if (packages !== null && !isBase) {
        const found = await packages.of(commit, changed, checkout.modules, blobs);
        for (const blob of newBlobs(found?.files.values() ?? [], stored)) await take(blob);
        steps.push({ commit, manifest: await checkout.manifest(found) });
      } else if (changed && !isBase) steps.push({ commit, manifest: await checkout.manifest() });
      isBase = false;
      if (steps.length >= WINDOW_COMMITS) await write();
      progress({ done, total: commits.length, deploys: deploys + steps.length });
    }
    if (steps.length > 0) await write();
    // The folder may have existed before these commits.
    if (!touched && folder !== '' && !(await gitHasFolder(repository, options.branch, folder))) {
      const near = closestPath(options.folder, await gitFolders(repository, options.branch));
      throw new ModcastError(
        'directory-invalid',
        `no folder ${options.folder} in the history of ${options.branch}${didYouMean(near)}`,
        {
          expected: 'a folder of the repository',
          found: options.folder,
        },
      );
    }
  } catch (error) {
    throw withProgress(error, deploys, channel, written);
  } finally {
    objects.close();
    // A lease that cannot be released, as on a full disk, expires by itself.
    await store.release(owner).catch(() => {});
  }
  return {
    commits: all.length - known,
    known,
    deploys,
    head,
    skipped: checkout.skipped,
    ...(packages === null ? {} : { packagesMissing: packages.missing }),
    ...(imported.dropped ? { dropped: true } : {}),
  };
}
