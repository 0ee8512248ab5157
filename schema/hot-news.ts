import type { Diagnostic } from './diagnostic.js';

/** The topic under which a server that watches tells pages of what no manifest says. */
export const HOT_TOPIC = 'modcast:hot';

export type HotNews =
  /** What a page shows with a request to open a file in the author's editor: another one for each run of the server. */
  | { readonly type: 'editor'; readonly token: string }
  /** All that is wrong with files now. */
  | { readonly type: 'problems'; readonly problems: readonly Diagnostic[] }
  /** Files have changed that are in no manifest. */
  | { readonly type: 'assets'; readonly paths: readonly string[] }
  /** When such files last changed, the newest first: milliseconds since 1970, for a page that may have been away. */
  | { readonly type: 'changed'; readonly files: readonly { readonly path: string; readonly time: number }[] };
