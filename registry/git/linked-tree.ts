import type { Path } from '../../schema/index.js';
import {
  BROKEN_LINK,
  OUTSIDE_LINK,
  compileDescend,
  compileFilter,
  targetProblem,
  type FileFilter,
  type Matches,
} from '../ingest/files.js';
import type { GitChange, GitObjects, ObjectName } from './git.js';

const TYPE_BITS = 0o170000;
const REGULAR = 0o100000;
const LINK = 0o120000;

/** A change after links have been followed. */
export interface LinkedChange extends GitChange {
  /** Why a link is not followed. */
  readonly reason?: string;
}

type Target =
  | { readonly kind: 'file'; readonly object: ObjectName }
  | { readonly kind: 'directory'; readonly real: Path }
  | { readonly kind: 'none'; readonly reason: string };

/** The content that a link gives a path: an object, or the reason why it is not followed. */
type LinkedFile = { readonly object: ObjectName } | { readonly reason: string };

/** As the kernel of Linux: more links on one way are a cycle. */
const MOST_LINKS = 40;

/** A commit's tree with the files that symbolic links show, as a walk of the directory finds them. */
export class LinkedTree {
  readonly #objects: GitObjects;
  readonly #matches: Matches;
  readonly #descend: Matches;
  readonly #files = new Map<Path, ObjectName>();
  /** Targets as they are written. */
  readonly #links = new Map<Path, string>();
  /** What links showed in the last commit. */
  #linked: ReadonlyMap<Path, LinkedFile> = new Map();

  constructor(filter: FileFilter, objects: GitObjects) {
    this.#objects = objects;
    this.#matches = compileFilter(filter);
    this.#descend = compileDescend(filter);
  }

  /** Advances by one commit: its changes, with those that links cause. Deletions come first. */
  async advance(changes: readonly GitChange[]): Promise<readonly LinkedChange[]> {
    await this.#take(changes);
    if (this.#links.size === 0 && this.#linked.size === 0) return changes;
    const before = this.#linked;
    const linked = (this.#linked = this.#follow());
    // A path where another commit has a link is no file any more, until the link shows one.
    const plain = changes.map((change) => (isLink(change) ? deletion(change.shown) : change));
    const gone = [...before.keys()].filter((name) => !linked.has(name) && !this.#files.has(name));
    const touched = new Set(changes.map(({ path }) => path));
    const shown = [...linked].flatMap(([name, file]) => {
      const last = before.get(name);
      const isSame = last !== undefined && JSON.stringify(last) === JSON.stringify(file);
      return isSame && !touched.has(name) ? [] : [linkedChange(name, file)];
    });
    const isDeletion = ({ mode }: LinkedChange) => mode === 0;
    return [
      ...gone.map(deletion),
      ...plain.filter(isDeletion),
      ...plain.filter((change) => !isDeletion(change)),
      ...shown,
    ];
  }

  async #take(changes: readonly GitChange[]): Promise<void> {
    const links: (readonly [Path, ObjectName])[] = [];
    for (const { path, mode, object } of changes) {
      if (path === undefined) continue;
      this.#files.delete(path);
      this.#links.delete(path);
      if ((mode & TYPE_BITS) === REGULAR) this.#files.set(path, object);
      if ((mode & TYPE_BITS) === LINK) links.push([path, object]);
    }
    let index = 0;
    for await (const bytes of this.#objects.blobs(links.map(([, object]) => object))) {
      this.#links.set(links[index++]![0], bytes.toString());
    }
  }

  /** All paths that links show and that the filter selects. */
  #follow(): Map<Path, LinkedFile> {
    const tree = new TreeListing(this.#files, this.#links);
    const found = new Map<Path, LinkedFile>();
    const visit = (real: Path, name: Path, above: readonly Path[]): void => {
      const target = tree.resolve(real);
      if (target.kind === 'directory') {
        if (!this.#descend(name) || above.includes(target.real)) return;
        for (const entry of tree.entries(target.real)) {
          visit(join(target.real, entry), join(name, entry), [...above, target.real]);
        }
      } else if (this.#matches(name)) {
        found.set(name, target.kind === 'file' ? { object: target.object } : { reason: target.reason });
      }
    };
    for (const link of this.#links.keys()) {
      const above = parentsOf(link);
      if (above.every((directory) => directory === '' || this.#descend(directory))) visit(link, link, above);
    }
    return found;
  }
}

/** The directories of a tree, and where its paths lead. */
class TreeListing {
  readonly #files: ReadonlyMap<Path, ObjectName>;
  readonly #links: ReadonlyMap<Path, string>;
  readonly #directories = new Map<Path, Set<string>>([['', new Set()]]);

  constructor(files: ReadonlyMap<Path, ObjectName>, links: ReadonlyMap<Path, string>) {
    this.#files = files;
    this.#links = links;
    for (const path of [...files.keys(), ...links.keys()]) {
      let directory = '';
      for (const segment of path.split('/')) {
        const entries = this.#directories.get(directory) ?? new Set();
        this.#directories.set(directory, entries.add(segment));
        directory = join(directory, segment);
      }
    }
  }

  entries(directory: Path): Iterable<string> {
    return this.#directories.get(directory) ?? [];
  }

  /** Follows the links on the way to a path, as the file system does. */
  resolve(path: Path): Target {
    const left = path.split('/');
    let real = '';
    for (let links = 0; left.length > 0;) {
      const segment = left.shift()!;
      if (segment === '' || segment === '.') continue;
      if (!this.#directories.has(real)) return none(BROKEN_LINK);
      if (segment === '..') {
        if (real === '') return none(OUTSIDE_LINK);
        real = parentsOf(real).at(-1)!;
        continue;
      }
      const next = join(real, segment);
      const target = this.#links.get(next);
      if (target === undefined) real = next;
      else if (target.startsWith('/')) return none(OUTSIDE_LINK);
      else if (++links > MOST_LINKS) return none('its symbolic links form a cycle (ELOOP)');
      else left.unshift(...target.split('/'));
    }
    const problem = targetProblem(real);
    if (problem !== undefined) return none(problem);
    const object = this.#files.get(real);
    if (object !== undefined) return { kind: 'file', object };
    return this.#directories.has(real) ? { kind: 'directory', real } : none(BROKEN_LINK);
  }
}

const none = (reason: string): Target => ({ kind: 'none', reason });

const join = (directory: Path, name: string): Path => (directory === '' ? name : `${directory}/${name}`);

/** The directories above a path, from the root (empty) on. */
function parentsOf(path: Path): Path[] {
  const segments = path.split('/');
  return segments.map((_, above) => segments.slice(0, above).join('/'));
}

const isLink = ({ mode, path }: GitChange): boolean => path !== undefined && (mode & TYPE_BITS) === LINK;

const deletion = (path: Path): LinkedChange => ({ path, shown: path, mode: 0, object: '' });

const linkedChange = (path: Path, file: LinkedFile): LinkedChange =>
  'reason' in file
    ? { path, shown: path, mode: LINK, object: '', reason: file.reason }
    : { path, shown: path, mode: REGULAR, object: file.object };
