import path from 'node:path';
import { PLACEHOLDER_ROOT } from '../../importmap/index.js';
import type { ManifestModule, Path } from '../../schema/index.js';
import { blobReader } from '../ingest/blob-reader.js';
import { DEFAULT_CONDITIONS } from '../packages/package-resolver.js';
import { Packages, type PackageSet } from '../packages/packages.js';
import { PageSummaries } from '../pages/page-summaries.js';
import type { Store, StoredBlob } from '../store/store.js';
import { ContentTransformer } from '../transform/transform-content.js';
import type { Mode, Transform } from '../transform/transform.js';
import type { GitCommit, GitObjects, ObjectName } from './git.js';
import { lockFiles, type NamedFiles } from './lock-files.js';
import type { NpmInstall, NpmInstalls } from './npm-installs.js';

/** Why commits have no packages, or not all. */
export interface PackagesMissing {
  readonly reason: string;
  /** The first commit with this problem. */
  readonly commit: string;
  /** How many imported commits have it. */
  readonly commits: number;
}

export interface CommitPackagesOptions {
  readonly store: Pick<Store, 'blobs' | 'links'>;
  readonly objects: Pick<GitObjects, 'find' | 'blobs'>;
  /** Of the site; ends with "/". Empty: the whole repository. */
  readonly folder: string;
  readonly mode: Mode;
  /** Those of the site's author. Default: none. */
  readonly transforms?: readonly Transform[];
  readonly installs: Pick<NpmInstalls, 'knows' | 'install'>;
  /** An install begins. */
  readonly onInstall?: (commit: GitCommit) => void;
}

/** Finds the packages that the site of a commit imports, as the lock file of that commit names them. */
export class CommitPackages {
  readonly #options: CommitPackagesOptions;
  readonly #summaries = new PageSummaries();
  readonly #missing = new Map<string, PackagesMissing>();
  readonly #known = new Map<ObjectName, NamedFiles>();
  /** By the keys of lock files. Their bytes are not kept. */
  readonly #installed = new Map<string, NpmInstall>();
  #transformer: ContentTransformer | undefined;
  #last:
    | { readonly directory: string; readonly packages: Packages; set?: PackageSet | undefined }
    | undefined;

  constructor(options: CommitPackagesOptions) {
    this.#options = options;
  }

  /** In the order in which they were found. */
  get missing(): PackagesMissing[] {
    return [...this.#missing.values()];
  }

  /**
   * @param isChanged whether the site's own files differ from those of the last call
   * @param modules the site's own files
   * @param blobs those that may not be in the store yet
   * @returns null if the commit has no packages, or they cannot be installed
   */
  async of(
    commit: GitCommit,
    isChanged: boolean,
    modules: ReadonlyMap<Path, ManifestModule>,
    blobs: readonly StoredBlob[],
  ): Promise<PackageSet | null> {
    const directory = await this.#install(commit);
    if (directory === null) {
      // The next commit with these packages may be told that only this one has changed the site.
      if (isChanged && this.#last !== undefined) this.#last.set = undefined;
      return null;
    }
    if (this.#last?.directory !== directory) {
      const settings = { mode: this.#options.mode, conditions: DEFAULT_CONDITIONS, directory };
      this.#last = { directory, packages: new Packages(settings) };
    }
    const last = this.#last;
    if (isChanged || last.set === undefined) last.set = await this.#resolve(last.packages, modules, blobs);
    for (const { importer, specifier } of last.set.unresolved)
      this.#note(commit, `${importer} imports ${JSON.stringify(specifier)}, which is not installed`);
    for (const { severity, path: file, message } of last.set.problems)
      if (severity === 'error') this.#note(commit, `${file}: ${message}`);
    return last.set;
  }

  async #resolve(
    packages: Packages,
    modules: ReadonlyMap<Path, ManifestModule>,
    blobs: readonly StoredBlob[],
  ): Promise<PackageSet> {
    const { store, mode, transforms = [] } = this.#options;
    const fresh = new Map(blobs.map((blob) => [blob.hash, blob.links]));
    this.#transformer ??= await ContentTransformer.open('/', transforms);
    const site = await this.#transformer.files(
      {
        modules,
        linksOf: async (hashes) => {
          const stored = await store.links(hashes.filter((hash) => !fresh.has(hash)));
          return new Map([...stored, ...hashes.flatMap((hash) => pair(hash, fresh.get(hash)))]);
        },
        bytesOf: blobReader(store, blobs),
      },
      mode,
    );
    const summaries = this.#summaries;
    const found = await packages.resolve({ ...site, summaries, root: PLACEHOLDER_ROOT });
    summaries.retain(new Set([...modules.values()].map(({ hash }) => hash)));
    return found;
  }

  /** The site's directory in the install of a commit. Null: there is none. */
  async #install(commit: GitCommit): Promise<string | null> {
    const { objects, folder, installs, onInstall } = this.#options;
    const found = await lockFiles(objects, this.#known, commit, folder);
    if (found === null) return this.#note(commit, 'there is no package-lock.json');
    if ('reason' in found) return this.#note(commit, found.reason);
    let install = this.#installed.get(found.key);
    if (install === undefined) {
      const files = await found.read();
      if (!installs.knows(files)) onInstall?.(commit);
      install = await installs.install(files);
      this.#installed.set(found.key, install);
    }
    if ('reason' in install)
      return this.#note(commit, `${found.lock} cannot be installed: ${install.reason}`);
    return path.join(install.directory, path.posix.relative(found.directory, folder));
  }

  #note(commit: GitCommit, reason: string): null {
    const known = this.#missing.get(reason) ?? { reason, commit: commit.name, commits: 0 };
    this.#missing.set(reason, { ...known, commits: known.commits + 1 });
    return null;
  }
}

const pair = <K, V>(key: K, value: V | undefined): [K, V][] => (value === undefined ? [] : [[key, value]]);
