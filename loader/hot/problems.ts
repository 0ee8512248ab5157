import type { HotProblem } from '../../schema/hot-news.js';
import type { HotError } from './api.js';
import type { Overlay } from './overlay.js';

/** What is wrong now, from both sides, and shown as long as it is. */
export class Problems {
  readonly #overlay: Overlay | null;
  readonly #isUsed: (problem: HotProblem) => boolean;
  #files: readonly HotProblem[] = [];
  #errors: readonly HotError[] = [];
  #shown = '';

  /**
   * @param overlay null where errors are not shown over the page
   * @param isUsed whether the page runs a problem's file: what else is broken is shown when it is asked for
   */
  constructor(overlay: Overlay | null, isUsed: (problem: HotProblem) => boolean) {
    this.#overlay = overlay;
    this.#isUsed = isUsed;
  }

  /** All that the server knows of now. */
  setFiles(files: readonly HotProblem[]): void {
    this.#files = files;
    this.#show();
  }

  /** What went wrong in the last update. */
  setErrors(errors: readonly HotError[]): void {
    this.#errors = errors;
    this.#show();
  }

  /** Whether the server has said what is wrong with a file. */
  tellsOf(path: string): boolean {
    return this.#files.some((problem) => problem.path === path);
  }

  #show(): void {
    const asked = new Set(this.#errors.map(({ id }) => id));
    const used = this.#files.filter((problem) => asked.has(problem.path) || this.#isUsed(problem));
    const files = used.map(({ path, kind, message, line, column, frame }): HotError => ({
      message: kind === 'syntax' ? `SyntaxError: ${message}` : `${path} was left out: ${message}`,
      stack: message,
      id: path,
      ...(frame === undefined ? {} : { frame }),
      ...(line === undefined || column === undefined ? {} : { loc: { file: path, line, column } }),
    }));
    // The server says where a file does not parse, and says it better.
    const broken = new Set(used.map(({ path }) => path));
    const errors = [...files, ...this.#errors.filter(({ id }) => id === undefined || !broken.has(id))];
    const key = JSON.stringify(errors);
    // What was closed by hand stays closed until there is something new.
    if (key === this.#shown) return;
    this.#shown = key;
    this.#overlay?.show(errors);
  }
}
