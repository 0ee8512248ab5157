import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Diagnostic, Links, Path } from '../../schema/index.js';
import { moduleLinks } from './module-links.js';
import { readStable, type ReadFile } from './read-file.js';
import { withFrame } from './syntax.js';

/** A file of a site, as it was when it was read. */
export interface ReadModule extends ReadFile {
  readonly path: Path;
  /** Null for a file that is not JavaScript. */
  readonly links: Links | null;
  /** Why it does not parse as a module. */
  readonly problem: Diagnostic | undefined;
  /** Whether it parses as a classic script only. */
  readonly isScript: boolean;
}

export interface FailedRead {
  readonly path: Path;
  readonly error: unknown;
}

/** Files that were read one after the other. The bytes of a batch fit the memory. */
export interface ReadBatch {
  readonly modules: readonly ReadModule[];
  readonly failed: readonly FailedRead[];
}

/** In files. */
export interface ReadProgress {
  readonly done: number;
  readonly total: number;
}

export interface ReadOptions {
  /**
   * Reads a file, or returns undefined to leave it out. Default: `readStable`.
   * @param file absolute
   */
  readonly open?: (path: Path, file: string) => ReadFile | undefined;
  readonly progress?: (progress: ReadProgress) => void;
}

/** Files whose syntax is checked at the same time. */
const CHECKS = 64;

/** Bytes of files after which a batch ends. */
const BATCH_BYTES = 64 * 1024 * 1024;

/** Milliseconds after which reading lets other work run. */
const SLICE_MS = 20;

/**
 * Reads files of a directory and finds their links and syntax errors. An ingest and a publish both use it, so
 * that they see the same modules.
 */
export async function* readModules(
  directory: string,
  files: readonly Path[],
  { open = (_, file) => readStable(file), progress = () => {} }: ReadOptions = {},
): AsyncGenerator<ReadBatch> {
  let batch = new OpenBatch();
  let slice = performance.now();
  for (const [done, name] of files.entries()) {
    if (performance.now() - slice > SLICE_MS) {
      progress({ done, total: files.length });
      await setImmediate();
      slice = performance.now();
    }
    try {
      const file = open(name, path.join(directory, name));
      if (file !== undefined) await batch.check(name, file);
    } catch (error) {
      batch.fail(name, error);
    }
    if (batch.bytes > BATCH_BYTES) {
      yield batch.finish();
      batch = new OpenBatch();
    }
  }
  yield batch.finish();
}

class OpenBatch {
  bytes = 0;
  readonly #files: Promise<ReadModule | FailedRead>[] = [];
  readonly #checking = new Set<Promise<unknown>>();

  /** Starts to check a file. Waits while too many are being checked. */
  async check(name: Path, file: ReadFile): Promise<void> {
    this.bytes += file.bytes.length;
    const checked = checkModule(name, file)
      .catch((error: unknown): FailedRead => ({ path: name, error }))
      .finally(() => this.#checking.delete(checked));
    this.#files.push(checked);
    this.#checking.add(checked);
    if (this.#checking.size >= CHECKS) await Promise.race(this.#checking);
  }

  fail(name: Path, error: unknown): void {
    this.#files.push(Promise.resolve({ path: name, error }));
  }

  async finish(): Promise<ReadBatch> {
    const modules: ReadModule[] = [];
    const failed: FailedRead[] = [];
    for (const file of await Promise.all(this.#files)) {
      if ('error' in file) failed.push(file);
      else modules.push(file);
    }
    return { modules, failed };
  }
}

async function checkModule(name: Path, file: ReadFile): Promise<ReadModule> {
  const { links, problem: found, isScript } = await moduleLinks(name, file.bytes);
  const problem: Diagnostic | undefined =
    found === undefined
      ? undefined
      : { path: name, kind: 'syntax', severity: 'error', ...withFrame(found, file.bytes) };
  return { path: name, ...file, links, problem, isScript };
}
