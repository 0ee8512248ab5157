import { posix } from 'node:path';
import {
  jsonContent,
  moduleContent,
  noteContent,
  pageContent,
  scriptContent,
  sheetContent,
  workerRuntimeContent,
  workerStartContent,
  type Accepts,
  type Content,
  type Fault,
  type ModuleSpec,
} from './content.js';
import type { Disk, WriteMode } from './disk.js';
import { resolveFrom } from './expected.js';
import type { Random } from './random.js';

/**
 * Pages, each with a directory of modules: modules that accept themselves, a main module that accepts the
 * others, cycles, and modules that run in a worker.
 */
export const PAGES = ['own', 'boundary', 'cycles', 'worker'] as const;

/** Files that only the page `worker` loads. */
const WORKER_RUNTIME = 'worker-runtime.js';
const WORKER_START = 'worker-start.js';

const WEIGHTS = {
  change: 40,
  create: 10,
  break: 10,
  fix: 12,
  rename: 5,
  delete: 5,
  'rename a directory': 2,
  checkout: 4,
  'style sheet': 3,
  data: 4,
  page: 2,
  'classic script': 1,
  note: 1,
  touch: 3,
};

const WRITE_MODES: Readonly<Record<WriteMode, number>> = {
  'in place': 6,
  renamed: 3,
  twice: 1,
  'in halves': 2,
};

/** Most broken modules at one time. With more, pages could hardly apply any update. */
const BROKEN = 3;

/** Most modules of the site, so that a long run tells what a save costs, and not what a larger site costs. */
const MODULES = 40;

const isModule = (path: string): boolean => path.endsWith('.mjs');
export const mainOf = (page: string): string => `${page}/main.mjs`;

/** Edits a site like its authors, and can fix everything that it broke. */
export class Edits {
  readonly #disk: Disk;
  readonly #random: Random;
  #count = 0;

  constructor(disk: Disk, random: Random) {
    this.#disk = disk;
    this.#random = random;
  }

  begin(): void {
    const plain = ['note.txt', 'style.css', 'script.js', 'cycles/data.json', 'cycles/sheet.css'];
    for (const path of [...plain, WORKER_RUNTIME, WORKER_START]) this.#disk.save(path, this.#plain(path));
    for (const page of PAGES) this.#disk.save(`${page}.html`, this.#plain(`${page}.html`));
    for (const page of ['shared', ...PAGES]) for (let i = 4; i >= 0; i--) this.#write(`${page}/m${i}.mjs`);
    for (const page of PAGES) this.#write(mainOf(page));
  }

  /** Makes one random edit. @returns a description for failure messages */
  edit(): string {
    const random = this.#random;
    const broken = this.broken();
    const kind = broken.length >= BROKEN && random.chance(0.6) ? 'fix' : random.weighted(WEIGHTS);
    const paths = [...this.#disk.files.keys()].filter(isModule);
    const movable = paths.filter((path) => !path.endsWith('/main.mjs'));
    switch (kind) {
      case 'change':
        return `${kind} ${this.#write(random.pick(paths))}`;
      case 'create': {
        if (paths.length >= MODULES) return `change ${this.#write(random.pick(paths))}`;
        const path = `${random.pick([...PAGES, 'shared'])}/${random.chance(0.2) ? 'deep/' : ''}n${++this.#count}.mjs`;
        const created = this.#write(path);
        // The importer is saved right after it.
        const importer = random.pick(this.#importersFor(path));
        return `${kind} ${created}, imported by ${this.#write(importer, { more: path })}`;
      }
      case 'break':
        return `${kind} ${this.#break(random.pick(paths))}`;
      case 'fix':
        return broken.length === 0
          ? `change ${this.#write(random.pick(paths))}`
          : `${kind} ${this.#write(random.pick(broken))}`;
      case 'rename': {
        if (movable.length < 4) return 'nothing';
        const from = random.pick(movable);
        const to = `${posix.dirname(from)}/r${++this.#count}.mjs`;
        this.#disk.rename(from, to);
        return `${kind} ${from} ${to}${this.#follow(random.chance(0.7))}`;
      }
      case 'delete': {
        if (movable.length < 12) return 'nothing';
        const path = random.pick(movable);
        this.#disk.delete(path);
        return `${kind} ${path}${this.#follow(random.chance(0.7))}`;
      }
      case 'rename a directory': {
        const from = [...this.#disk.files.keys()]
          .map((path) => posix.dirname(path))
          .find((directory) => directory.startsWith('shared'));
        if (from === undefined) return 'nothing';
        const to = `shared${++this.#count}`;
        this.#disk.rename(from.split('/')[0]!, to);
        return `${kind} ${from} ${to}${this.#follow(random.chance(0.7))}`;
      }
      case 'checkout': {
        const some = random.some(paths, paths.length);
        return `${kind} ${some.map((path) => this.#write(path)).join(', ')}`;
      }
      case 'touch': {
        const path = random.pick([...this.#disk.files.keys()]);
        this.#disk.touch(path);
        return `${kind} ${path}`;
      }
      default:
        return `${kind} ${this.#writePlain(kind)}`;
    }
  }

  /** Modules that have a fault or import a missing file. */
  broken(): string[] {
    const { files } = this.#disk;
    return [...files].flatMap(([path, { spec }]) => {
      if (spec === null) return [];
      const lost = [...spec.imports, ...spec.dynamic].some((name) => !files.has(resolveFrom(path, name)));
      return lost || spec.fault !== 'none' ? [path] : [];
    });
  }

  fixAll(): string {
    return `fix all: ${this.broken()
      .map((path) => this.#write(path))
      .join(', ')}`;
  }

  /** With `now`, saves the importers of missing files, like a rename in an editor. Otherwise does nothing. */
  #follow(now: boolean): string {
    const lost = now ? this.broken() : [];
    return lost.length === 0 ? '' : `, ${lost.map((path) => this.#write(path)).join(', ')}`;
  }

  #writePlain(kind: 'style sheet' | 'data' | 'page' | 'classic script' | 'note'): string {
    const path = {
      'style sheet': this.#random.pick(['style.css', 'cycles/sheet.css']),
      data: 'cycles/data.json',
      page: `${this.#random.pick(PAGES)}.html`,
      'classic script': 'script.js',
      note: 'note.txt',
    }[kind];
    return this.#save(path, this.#plain(path), this.#random.weighted(WRITE_MODES));
  }

  #plain(path: string): Content {
    const version = this.#version();
    if (path === 'worker.html') return pageContent(version, WORKER_START);
    if (path.endsWith('.html')) return pageContent(version, mainOf(path.slice(0, -'.html'.length)));
    if (path === WORKER_RUNTIME) return workerRuntimeContent(version);
    if (path === WORKER_START) return workerStartContent(version, mainOf('worker'));
    if (path.endsWith('.json')) return jsonContent(version);
    if (path.endsWith('.css')) return sheetContent(version);
    return path.endsWith('.js') ? scriptContent(version) : noteContent(version);
  }

  #version(): string {
    return `v${++this.#count}`;
  }

  #save(path: string, content: Content, mode?: WriteMode): string {
    this.#disk.save(path, content, isModule(path) || mode !== 'in halves' ? mode : 'in place');
    return `${path} ${content.version}${mode === undefined ? '' : ` ${mode}`}`;
  }

  #break(path: string): string {
    const random = this.#random;
    const kind = random.weighted({ syntax: 4, throws: 4, waits: 1, missing: 3 });
    if (kind !== 'missing') return `${this.#write(path, { fault: kind })} ${kind}`;
    return `${this.#write(path, { more: `${posix.dirname(path)}/missing${++this.#count}.mjs` })} ${kind}`;
  }

  #write(path: string, { fault = 'none' as Fault, more = '' } = {}): string {
    const random = this.#random;
    const page = path.split('/')[0]!;
    const isMain = path === mainOf(page);
    const others = this.#importable(path);
    const imports = new Set(isMain ? this.#start(others, page) : random.some(others, 3));
    if (more !== '') imports.add(more);
    const dynamic =
      page === 'cycles' || random.chance(page === 'worker' ? 0.4 : 0.1)
        ? random.some(others, 2).filter((one) => !imports.has(one))
        : [];
    if (page === 'cycles' && (isMain || random.chance(0.2))) {
      imports.add('cycles/data.json');
      imports.add('cycles/sheet.css');
    }
    const from = posix.dirname(path);
    const relative = (target: string) => {
      const name = posix.relative(from, target);
      return name.startsWith('.') ? name : `./${name}`;
    };
    const spec: ModuleSpec = {
      imports: [...imports].map(relative),
      dynamic: dynamic.map(relative),
      accepts: this.#accepts(page, isMain),
      fault,
      pauses: random.chance(0.05),
    };
    const mode = this.#disk.files.has(path) ? random.weighted(WRITE_MODES) : undefined;
    const first = path === mainOf('worker') ? [`import '../${WORKER_RUNTIME}';`] : [];
    return this.#save(path, moduleContent(this.#version(), spec, first), mode);
  }

  /** The imports of a main module: enough that the page runs many modules. */
  #start(others: readonly string[], page: string): string[] {
    const own = others.filter((path) => path.startsWith(`${page}/`));
    return [...own.filter(() => this.#random.chance(0.6)), ...this.#random.some(others, 2)];
  }

  #accepts(page: string, isMain: boolean): Accepts {
    const random = this.#random;
    if ((page === 'own' || page === 'worker') && !isMain)
      return random.weighted({ itself: 4, 'itself, with a callback': 4, 'its imports': 1, nothing: 1 });
    if (page === 'boundary') return isMain || random.chance(0.1) ? 'its imports' : 'nothing';
    return random.weighted({ itself: 2, 'itself, with a callback': 2, 'its imports': 2, nothing: 4 });
  }

  /** Modules that `path` may import: later names in its directory, or any name in the directory `cycles`. */
  #importable(path: string): string[] {
    const page = path.split('/')[0]!;
    const isMain = path === mainOf(page);
    return [...this.#disk.files.keys()].filter((other) => {
      if (!isModule(other) || other === path || other.endsWith('/main.mjs')) return false;
      if (other.startsWith('shared')) return !page.startsWith('shared') || other > path;
      return other.startsWith(`${page}/`) && (isMain || page === 'cycles' || other > path);
    });
  }

  #importersFor(path: string): string[] {
    const page = path.split('/')[0]!;
    const importers = [...this.#disk.files.keys()].filter(
      (other) => isModule(other) && this.#importable(other).includes(path),
    );
    return importers.length > 0 ? importers : [mainOf(page === 'shared' ? 'own' : page)];
  }
}
