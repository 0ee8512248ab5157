/**
 * A running server of one site. `url` is its root; `close` resolves once it holds no port and no connection.
 */
export interface Site {
  url: string;
  close(): Promise<void>;
}

/** Serves the directory `dir` as a site on 127.0.0.1, at a port of its own. */
export type ServeSite = (dir: string) => Promise<Site>;
