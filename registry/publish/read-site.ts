import { statSync } from 'node:fs';
import path from 'node:path';
import { placeholderRoot } from '../../importmap/index.js';
import {
  LIMITS,
  ModcastError,
  manifestBytes,
  type Diagnostic,
  type Hash,
  type Links,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import { mediaType } from '../content/media-type.js';
import { blake3 } from '../hash.js';
import { compileFilter, openDirectory, walk, withTransforms, type FileFilter } from '../ingest/files.js';
import { gitCommit } from '../ingest/git-commit.js';
import { readStable } from '../ingest/read-file.js';
import { readModules, type ReadProgress } from '../ingest/read-modules.js';
import { checkModuleCount, siteManifest } from '../ingest/site-manifest.js';
import type { DeployFile } from '../packages/package-files.js';
import { DEFAULT_CONDITIONS } from '../packages/package-resolver.js';
import {
  hasPackages,
  Packages,
  withPackageFiles,
  type PackageSet,
  type PackageSettings,
} from '../packages/packages.js';
import { PageSummaries } from '../pages/page-summaries.js';
import { recipeFiles } from '../transform/read-recipe.js';
import { ContentTransformer } from '../transform/transform-content.js';
import type { Mode, Transform } from '../transform/transform.js';

/** The content of a directory at the time it was read. */
export interface SiteContent {
  /** Absolute and real. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly hash: Hash;
  readonly links: ReadonlyMap<Path, Links | null>;
  /** Files that do not parse as modules. */
  readonly broken: ReadonlyMap<Path, Diagnostic>;
  /** Those of them that parse as classic scripts. */
  readonly scripts: ReadonlySet<Path>;
  /** How pages run it. */
  readonly mode: Mode;
  readonly transformer: ContentTransformer;
  /** Conditions by which names were resolved to packages. Null: they were not. */
  readonly conditions: readonly string[] | null;
  /** What cannot work in the packages that it imports. */
  readonly packageProblems: readonly Diagnostic[];
  /** Files that match the filter and were left out. */
  readonly skipped: readonly Diagnostic[];
  readonly commit: string | null;
  /**
   * A blob's bytes, read again from the file: the bytes of a whole site need not fit the memory.
   * @throws ModcastError `file-unstable` when the file has changed since
   */
  bytes(hash: Hash): Uint8Array;
}

export interface ReadSiteOptions {
  /** For comparing, files that cannot be read are left out, and the commit is not looked up. */
  readonly purpose?: 'publish' | 'compare';
  /** Where browsers find the site. Starts and ends with "/". Default "/". */
  readonly base?: string;
  /** How bare names are resolved to packages. Null: they are not. Default: for production. */
  readonly packages?: PackageSettings | null;
  /** How pages run it, which decides what it imports. Default: as `packages` says, else `production`. */
  readonly mode?: Mode;
  /** Those of the site's author. The files that they take are part of the site. Default: none. */
  readonly transforms?: readonly Transform[];
}

/**
 * Reads a directory for publishing, in batches: a whole site need not fit the memory. Unlike the ingest of a
 * directory that is being edited, it fails when a file cannot be read.
 *
 * @throws ModcastError `directory-invalid`, `file-unstable`, `blob-too-large`, `manifest-invalid`; the file
 *   system's own errors
 */
export async function readSite(
  name: string,
  selected: FileFilter,
  progress: (progress: ReadProgress) => void = () => {},
  {
    purpose = 'publish',
    base = '/',
    packages = PRODUCTION,
    mode = packages?.mode ?? 'production',
    transforms = [],
  }: ReadSiteOptions = {},
): Promise<SiteContent> {
  const directory = await openDirectory(name);
  const filter = withTransforms(selected, transforms);
  const { files, skipped } = await walk(directory, filter);
  checkModuleCount(files.length);
  if (purpose === 'publish') refuseLarge(directory, files);
  const commit = purpose === 'publish' ? await gitCommit(directory, compileFilter(filter)) : null;
  const modules = new Map<Path, ManifestModule>();
  const places = new Map<Hash, Path>();
  const links = new Map<Path, Links | null>();
  const broken = new Map<Path, Diagnostic>();
  const scripts = new Set<Path>();
  for await (const batch of readModules(directory, files, { progress })) {
    if (purpose === 'publish' && batch.failed[0] !== undefined) throw batch.failed[0].error;
    for (const module of batch.modules) {
      const { path: file, hash, bytes: content, problem } = module;
      modules.set(file, { hash, size: content.length, type: mediaType(file) });
      places.set(hash, file);
      links.set(file, module.links);
      if (problem !== undefined && filter.takes?.(file) !== true) broken.set(file, problem);
      if (module.isScript) scripts.add(file);
    }
  }
  progress({ done: files.length, total: files.length });
  const made = new Map<Hash, Pick<DeployFile, 'bytes'>>();
  const bytes = (hash: Hash) => {
    const place = places.get(hash);
    return place === undefined ? made.get(hash)!.bytes() : readAgain(directory, place, hash);
  };
  const bytesOf = async (hash: Hash) => bytes(hash);
  const generated = recipeFiles(directory, modules.keys());
  for (const [file, content] of generated.files) {
    const hash = blake3(content);
    made.set(hash, { bytes: () => content });
    modules.set(file, { hash, size: content.length, type: mediaType(file) });
    links.set(file, null);
  }
  for (const problem of generated.problems) broken.set(problem.path, problem);
  const transformer = await ContentTransformer.open(base, transforms);
  const summaries = new PageSummaries();
  const root = placeholderRoot(base);
  let found: PackageSet | undefined;
  if (packages !== null && hasPackages(directory)) {
    const linksByHash = new Map([...modules].map(([file, { hash }]) => [hash, links.get(file) ?? null]));
    const served = await transformer.files({ modules, linksOf: async () => linksByHash, bytesOf }, mode);
    found = await new Packages({ ...packages, directory }).resolve({ ...served, summaries, root });
    for (const [file, one] of found.files) {
      made.set(one.hash, one);
      if (!modules.has(file)) links.set(file, one.links);
    }
  }
  const all = found === undefined ? modules : withPackageFiles(modules, found.modules);
  const manifest = await siteManifest(all, bytesOf, summaries, root);
  return {
    directory,
    manifest,
    hash: blake3(manifestBytes(manifest)),
    links,
    broken,
    scripts,
    mode,
    transformer,
    conditions: packages && [...packages.conditions, packages.mode],
    packageProblems: found?.problems ?? [],
    skipped: skipped.map(({ path: file, reason }) => ({
      path: file,
      kind: 'skipped',
      severity: 'warning',
      message: reason,
    })),
    commit,
    bytes,
  };
}

const PRODUCTION: PackageSettings = { conditions: DEFAULT_CONDITIONS, mode: 'production' };

function readAgain(directory: string, place: Path, hash: Hash): Uint8Array {
  const again = readStable(path.join(directory, place));
  if (again.hash === hash) return again.bytes;
  throw new ModcastError('file-unstable', `${place} was changed while it was used; run the command again`, {
    expected: hash,
    found: again.hash,
  });
}

/**
 * Before any file is read: reading a site with large files takes a while.
 * @throws ModcastError `blob-too-large` (found: the paths)
 */
function refuseLarge(directory: string, files: readonly Path[]): void {
  const large = files.filter((file) => {
    const found = statSync(path.join(directory, file), { throwIfNoEntry: false });
    return found !== undefined && found.size > LIMITS.blobBytes;
  });
  const [first] = large;
  if (first === undefined) return;
  const them = large.length === 1 ? 'it' : 'them';
  const limit = `${LIMITS.blobBytes / 1024 / 1024} MiB`;
  const message =
    large.length === 1
      ? `${first} is larger than ${limit}`
      : `${large.length} files are larger than ${limit}, the first is ${first}`;
  throw new ModcastError(
    'blob-too-large',
    `${message}; leave ${them} out with --exclude, and serve ${them} from elsewhere`,
    { expected: LIMITS.blobBytes, found: large },
  );
}
