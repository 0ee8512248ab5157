import type { Path } from './path.js';

/** Why an import fails: no import map maps its specifier, or the server does not serve the file it names. */
export type ImportFailure = 'unmapped' | 'missing' | 'directory' | 'dotfile' | 'reserved';

/**
 * A problem with a file of the site.
 *
 * - `skipped`: the file was left out.
 * - `syntax`: the file does not parse.
 * - `import`: a static import resolves to nothing that the site serves.
 * - `dynamic-import`: the same for a literal `import()`.
 * - `importmap`: an import map of a page does not parse.
 */
export interface Diagnostic {
  readonly kind: 'skipped' | 'syntax' | 'import' | 'dynamic-import' | 'importmap';
  /** `error`: a page that needs the file cannot start. `warning`: it starts, and may fail later. */
  readonly severity: 'error' | 'warning';
  readonly path: Path;
  readonly message: string;
  /** From 1. Not for `skipped`. */
  readonly line?: number;
  /** From 1, in UTF-16 code units. Not for `skipped`. */
  readonly column?: number;
  /** As written. For `import` and `dynamic-import`. */
  readonly specifier?: string;
  /** For `import` and `dynamic-import`. */
  readonly failure?: ImportFailure;
  /** Some lines around the place, with a mark below it. */
  readonly frame?: string;
}
