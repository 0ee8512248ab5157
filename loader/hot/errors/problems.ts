import type { Diagnostic } from '../../../schema/diagnostic.js';
import type { HotError } from '../api.js';

export interface ProblemsOptions {
  /** Shows these and nothing else. */
  readonly show: (errors: readonly HotError[]) => void;
  /** Reports the errors that the server does not know. */
  readonly report: (errors: readonly HotError[]) => void;
  /** Whether the page needs the file of a problem. Other problems are shown once an error concerns them. */
  readonly isUsed: (problem: Diagnostic) => boolean;
  /** Whether a file imports another one, also indirectly. */
  readonly reaches: (path: string, other: string) => boolean;
}

/** The current problems, the server's and the page's, shown until they are solved. */
export class Problems {
  readonly #options: ProblemsOptions;
  #files: readonly Diagnostic[] = [];
  /** By the worker that has them; the page's own have the key null. */
  readonly #errors = new Map<string | null, readonly HotError[]>();
  /** Errors that stay until the page is loaded again: why it did not start, or why it stopped reloading. */
  readonly #lasting: HotError[] = [];
  /** Errors that a problem of the server explains, or explained. */
  readonly #explained = new WeakSet<HotError>();
  #shown = '[]';

  constructor(options: ProblemsOptions) {
    this.#options = options;
  }

  /** @param files all current problems that the server knows */
  setFiles(files: readonly Diagnostic[]): void {
    this.#files = files;
    this.#show();
  }

  /**
   * @param errors the errors of the last update
   * @param worker the one that has them. Null for the page
   */
  setErrors(errors: readonly HotError[], worker: string | null = null): void {
    this.#errors.set(worker, errors);
    this.#show();
  }

  /** The page needs other files than before. */
  refresh(): void {
    this.#show();
  }

  /** An entry has failed, or a reload does not help: this lasts until the page is loaded again. */
  addLasting(error: HotError): void {
    const isSame = ({ message, loc }: HotError) =>
      message === error.message && loc !== undefined && JSON.stringify(loc) === JSON.stringify(error.loc);
    // Several entries may fail because of one module.
    if (this.#lasting.some(isSame)) return;
    this.#lasting.push(error);
    this.#show();
  }

  /** Whether the server has reported a problem of a file. */
  hasReported(path: string): boolean {
    return this.#files.some((problem) => problem.path === path);
  }

  #show(): void {
    const all = [...[...this.#errors.values()].flat(), ...this.#lasting];
    const files = this.#files.filter(
      (problem) => this.#options.isUsed(problem) || all.some((error) => this.#concerns(error, problem)),
    );
    // The server describes syntax errors and missing imports better.
    const own = all.filter((error) => !files.some((problem) => this.#explains(problem, error)));
    for (const error of all) if (!own.includes(error)) this.#explained.add(error);
    const errors = [...files.map(errorOf), ...own];
    // The file may be fixed before the page has the new version.
    this.#options.report(own.filter((error) => !this.#explained.has(error)));
    const key = JSON.stringify(errors);
    // An overlay that was closed stays closed until the errors change.
    if (key === this.#shown) return;
    this.#shown = key;
    this.#options.show(errors);
  }

  /** Whether the module that failed is the problem's file, or imports it. */
  #concerns({ id }: HotError, { path }: Diagnostic): boolean {
    return id !== undefined && (id === path || this.#options.reaches(id, path));
  }

  #explains(problem: Diagnostic, error: HotError): boolean {
    // Without its import map a page resolves no bare specifier.
    if (problem.kind === 'importmap') return /^TypeError: .*(?:specifier|Module name, )/.test(error.message);
    if (error.loc === undefined) return this.#concerns(error, problem);
    return problem.path === error.loc.file && (problem.kind === 'syntax' || problem.line === error.loc.line);
  }
}

const PREFIXES: { readonly [Kind in Diagnostic['kind']]?: (path: string) => string } = {
  syntax: () => 'SyntaxError: ',
  skipped: (path) => `${path} was left out: `,
  importmap: () => 'Import map: ',
};

function errorOf({ path, kind, message, line, column, frame }: Diagnostic): HotError {
  return {
    message: (PREFIXES[kind]?.(path) ?? '') + message,
    stack: message,
    id: path,
    ...(frame === undefined ? {} : { frame }),
    ...(line === undefined || column === undefined ? {} : { loc: { file: path, line, column } }),
  };
}
