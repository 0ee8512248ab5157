import {
  LIMITS,
  ModcastError,
  PACKAGES_MAP,
  pathProblem,
  type Hash,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import { compileFilter, type FileFilter, type Matches } from '../ingest/files.js';
import { blake3 } from '../hash.js';
import { mediaType } from '../content/media-type.js';
import { reasonFor } from '../ingest/left-out.js';
import { moduleLinks } from '../ingest/module-links.js';
import { withPackageFiles, type PackageSet } from '../packages/packages.js';
import { siteEntries } from '../pages/site-entries.js';
import { PageSummaries } from '../pages/page-summaries.js';
import type { StoredBlob } from '../store/store.js';
import type { GitChange, GitCommit, GitObjects, ObjectName } from './git.js';
import { LinkedTree, type LinkedChange } from './linked-tree.js';

/** A file that matches the filter but was left out. */
export interface GitSkipped {
  readonly path: string;
  readonly reason: string;
  /** The first imported commit with this problem. */
  readonly commit: string;
}

const TYPE_BITS = 0o170000;
const REGULAR = 0o100000;
const SUBMODULE = 0o160000;
const SUBMODULE_REASON = 'it is a submodule';

/** The content of the site, advanced commit by commit. */
export class Checkout {
  readonly #matches: Matches;
  readonly #objects: GitObjects;
  readonly #tree: LinkedTree;
  readonly #modules = new Map<Path, ManifestModule>();
  /** The git objects that were read. Null: too large, or not in the repository. */
  readonly #known = new Map<ObjectName, ManifestModule | null>();
  /** The current pages. */
  readonly #pages = new PageSummaries();
  readonly #skipped = new Map<string, GitSkipped>();
  #site: Pick<Manifest, 'entries' | 'importMap'> = { entries: [], importMap: null };
  #names = false;
  #packages: PackageSet | null = null;

  constructor(filter: FileFilter, objects: GitObjects) {
    this.#objects = objects;
    this.#matches = compileFilter(filter);
    this.#tree = new LinkedTree(filter, objects);
  }

  get skipped(): GitSkipped[] {
    return [...this.#skipped.values()];
  }

  /**
   * Advances by one commit.
   * @param take gets each new blob
   * @returns whether the site changed
   */
  async advance(
    commit: GitCommit,
    changes: readonly GitChange[],
    take: (blob: StoredBlob) => Promise<void>,
  ): Promise<boolean> {
    const wanted: [Path, ObjectName][] = [];
    let changed = false;
    for (const change of await this.#tree.advance(changes)) {
      if (!this.#matches(change.shown)) {
        this.#noteSubmodule(change, commit);
        continue;
      }
      const reason = problemOf(change);
      if (reason === undefined) wanted.push([change.path!, change.object]);
      else {
        if (change.mode !== 0) this.#skip(change.shown, reason, commit);
        changed = this.#delete(change.path) || changed;
      }
    }
    await this.#read(wanted, commit, take);
    for (const [path, object] of wanted) {
      const found = this.#known.get(object) ?? null;
      if (found === null) changed = this.#delete(path) || changed;
      else {
        const module = { hash: found.hash, size: found.size, type: mediaType(path) };
        const before = this.#modules.get(path);
        if (before === undefined || module.type === 'text/html') this.#names = true;
        changed ||= before?.hash !== module.hash;
        this.#modules.set(path, module);
      }
    }
    return changed;
  }

  /** The current files of the site. */
  get modules(): ReadonlyMap<Path, ManifestModule> {
    return this.#modules;
  }

  /** @param packages what the site imports besides; the same object for the same packages */
  async manifest(packages: PackageSet | null = null): Promise<Manifest> {
    const modules =
      packages === null ? new Map(this.#modules) : withPackageFiles(this.#modules, packages.modules);
    if (modules.size > LIMITS.manifestModules) {
      throw new ModcastError('manifest-invalid', `a commit has ${modules.size} files`, {
        expected: `at most ${LIMITS.manifestModules}`,
        found: modules.size,
      });
    }
    if (this.#names || packages !== this.#packages) {
      this.#packages = packages;
      const pages = [...modules].filter(([, { type }]) => type === 'text/html');
      const map = packages?.files.get(PACKAGES_MAP);
      const bytesOf = async (hash: Hash) => {
        if (hash === map?.hash) return map.bytes();
        throw new Error(`page ${hash} has not been read`);
      };
      this.#site = await siteEntries(pages, modules, bytesOf, this.#pages);
      this.#names = false;
      this.#pages.retain(new Set(pages.map(([, { hash }]) => hash)));
    }
    return { modules, ...this.#site };
  }

  #delete(path: Path | undefined): boolean {
    const deleted = path !== undefined && this.#modules.delete(path);
    this.#names ||= deleted;
    return deleted;
  }

  /** The filter cannot tell whether a submodule would contain modules. */
  #noteSubmodule({ shown, mode }: GitChange, commit: GitCommit): void {
    const isSubmodule = (mode & TYPE_BITS) === SUBMODULE;
    if (isSubmodule && this.#matches(`${shown}/x.js`)) this.#skip(shown, SUBMODULE_REASON, commit);
  }

  #skip(path: string, reason: string, commit: GitCommit): void {
    if (!this.#skipped.has(path)) this.#skipped.set(path, { path, reason, commit: commit.name });
  }

  async #read(
    wanted: readonly [Path, ObjectName][],
    commit: GitCommit,
    take: (blob: StoredBlob) => Promise<void>,
  ): Promise<void> {
    const paths = new Map<ObjectName, Path[]>();
    for (const [path, object] of wanted) {
      const isPage = mediaType(path) === 'text/html' && !this.#hasPage(object);
      if (this.#known.has(object) && !isPage && !this.#lacksLinks(path, object)) continue;
      paths.set(object, [...(paths.get(object) ?? []), path]);
    }
    const names = [...paths.keys()];
    let index = 0;
    for await (const bytes of this.#objects.blobs(names)) {
      const object = names[index++]!;
      const own = paths.get(object)!;
      if (bytes === 'large') {
        this.#known.set(object, null);
        for (const path of own) this.#skip(path, reasonFor({ code: 'blob-too-large' }), commit);
        continue;
      }
      if (isLfsPointer(bytes)) {
        this.#known.set(object, null);
        for (const path of own) this.#skip(path, 'its content is in Git LFS, not in the repository', commit);
        continue;
      }
      const hash = blake3(bytes);
      // Find links by a path that is JavaScript, if there is one.
      const path = own.find(isScript) ?? own[0]!;
      this.#known.set(object, { hash, size: bytes.length, type: mediaType(path) });
      if (own.some((name) => mediaType(name) === 'text/html'))
        await this.#pages.read(hash, async () => bytes);
      await take({ hash, bytes, links: (await moduleLinks(path, bytes)).links });
    }
  }

  #hasPage(object: ObjectName): boolean {
    const known = this.#known.get(object);
    return known === null || (known !== undefined && this.#pages.has(known.hash));
  }

  /** The blob was read before under a path that is not JavaScript. */
  #lacksLinks(path: Path, object: ObjectName): boolean {
    const known = this.#known.get(object);
    return known !== undefined && known !== null && isScript(path) && known.type !== mediaType(path);
  }
}

const LFS_POINTER = Buffer.from('version https://git-lfs.github.com/spec/');

/** Git LFS commits a few lines of text in the place of a large file. */
const isLfsPointer = (bytes: Buffer): boolean =>
  bytes.length < 1024 && bytes.subarray(0, LFS_POINTER.length).equals(LFS_POINTER);

const isScript = (path: Path): boolean => mediaType(path) === 'text/javascript';

function problemOf({ path, mode, reason }: LinkedChange): string | undefined {
  if (path === undefined) return 'its name is not UTF-8';
  if (reason !== undefined) return reason;
  if ((mode & TYPE_BITS) === SUBMODULE) return SUBMODULE_REASON;
  if ((mode & TYPE_BITS) !== REGULAR) return 'it is not a regular file';
  return pathProblem(path);
}
