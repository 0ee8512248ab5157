import type { Path } from './path.js';

/** The topic under which a server that watches tells pages of what no manifest says. */
export const HOT_TOPIC = 'modcast:hot';

/**
 * A file that does not parse, that was left out, or that imports what is not there; or a page whose import map does not
 * parse. Line and column count from 1.
 */
export interface HotProblem {
  readonly path: Path;
  readonly kind: 'syntax' | 'skipped' | 'import' | 'importmap';
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  /** Some lines around the place, with a mark below it. */
  readonly frame?: string;
}

export type HotNews =
  /** What a page shows with a request to open a file in the author's editor: another one for each run of the server. */
  | { readonly type: 'editor'; readonly token: string }
  /** All that is wrong with files now. */
  | { readonly type: 'problems'; readonly problems: readonly HotProblem[] }
  /** Files have changed that are in no manifest. */
  | { readonly type: 'assets'; readonly paths: readonly string[] }
  /** When such files last changed, the newest first: milliseconds since 1970, for a page that may have been away. */
  | { readonly type: 'changed'; readonly files: readonly { readonly path: string; readonly time: number }[] };
