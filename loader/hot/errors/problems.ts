import type { Diagnostic } from '../../../schema/diagnostic.js';
import type { HotError } from '../api.js';

export interface ProblemsOptions {
  /** Shows these and nothing else. */
  readonly show: (errors: readonly HotError[]) => void;
  /** Tells the server of what it has not said itself. */
  readonly tell: (errors: readonly HotError[]) => void;
  /** Whether the page needs a problem's file: what else is broken is shown when it is asked for. */
  readonly isUsed: (problem: Diagnostic) => boolean;
  /** Whether one file imports another one, or what imports it. */
  readonly reaches: (path: string, other: string) => boolean;
}

/** What is wrong now, from both sides, and shown as long as it is. */
export class Problems {
  readonly #options: ProblemsOptions;
  #files: readonly Diagnostic[] = [];
  #errors: readonly HotError[] = [];
  /** What kept the page from starting: only another load of it changes that. */
  readonly #atStart: HotError[] = [];
  #shown = '[]';

  constructor(options: ProblemsOptions) {
    this.#options = options;
  }

  /** All that the server knows of now. */
  setFiles(files: readonly Diagnostic[]): void {
    this.#files = files;
    this.#show();
  }

  /** What went wrong in the last update. */
  setErrors(errors: readonly HotError[]): void {
    this.#errors = errors;
    this.#show();
  }

  /** What the page starts from has failed. */
  addAtStart(error: HotError): void {
    const isSame = ({ message, loc }: HotError) =>
      message === error.message && loc !== undefined && JSON.stringify(loc) === JSON.stringify(error.loc);
    // Several scripts of the page may have failed on one module.
    if (this.#atStart.some(isSame)) return;
    this.#atStart.push(error);
    this.#show();
  }

  /** Whether the server has said what is wrong with a file. */
  tellsOf(path: string): boolean {
    return this.#files.some((problem) => problem.path === path);
  }

  #show(): void {
    const all = [...this.#errors, ...this.#atStart];
    const files = this.#files.filter(
      (problem) => this.#options.isUsed(problem) || all.some((error) => this.#concerns(error, problem)),
    );
    // The server says where a file does not parse, or imports what is not there, and says it better.
    const own = all.filter((error) => !files.some((problem) => this.#explains(problem, error)));
    const errors = [...files.map(errorOf), ...own];
    this.#options.tell(own);
    const key = JSON.stringify(errors);
    // What was closed by hand stays closed until there is something new.
    if (key === this.#shown) return;
    this.#shown = key;
    this.#options.show(errors);
  }

  /** Whether a module failed that is the problem's file, or that imports it. */
  #concerns({ id }: HotError, { path }: Diagnostic): boolean {
    return id !== undefined && (id === path || this.#options.reaches(id, path));
  }

  #explains(problem: Diagnostic, error: HotError): boolean {
    // Without its import map a page finds no bare name; all engines speak of specifiers then.
    if (problem.kind === 'importmap') return /^TypeError: .*specifier/.test(error.message);
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
