import type { KeepProgress } from './messages.js';

export interface OfflineOptions {
  /** Keep the whole deploy, not only what the page has used. Default: what the server says. */
  readonly all?: boolean;
  /** Ask the browser not to evict this site's storage. Default false. */
  readonly persist?: boolean;
  /** Called for each file. */
  readonly onProgress?: (progress: KeepProgress) => void;
}

/** What the script of offline use does for the loader. */
export interface Offline {
  /**
   * Registers the service worker, unless the site has one of its own, and keeps what the page has used.
   * Leaves nothing if another tab has removed offline use since the page began to load.
   *
   * @throws Error where the browser has no service workers, or the site is not a secure context
   */
  start(): Promise<void>;
  keep(options: OfflineOptions): Promise<KeepProgress>;
  unregister(): Promise<void>;
}
