import type { Diagnostic } from './diagnostic.js';

/** The topic of a watching server's messages about files, beside manifests. */
export const HOT_TOPIC = 'modcast:hot';

export type HotNews =
  /** A page sends this token with a request to open a file in the editor. New for each run of the server. */
  | { readonly type: 'editor'; readonly token: string }
  /** All current problems of files. */
  | { readonly type: 'problems'; readonly problems: readonly Diagnostic[] }
  /** Files that are in no manifest have changed. */
  | { readonly type: 'assets'; readonly files: readonly ChangedFile[] }
  /** When such files last changed, newest first. For a page that was offline. */
  | { readonly type: 'changed'; readonly files: readonly ChangedFile[] };

interface ChangedFile {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}
