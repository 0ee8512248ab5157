import type { Hash } from '../../schema/hash.js';
import type { RegistryId } from '../../schema/registry-id.js';

/** What a page asks of the service worker. `modcast` marks the loader's messages. */
export type ToServiceWorker = KeepRequest | { readonly modcast: 'unregister' };

export interface KeepRequest {
  readonly modcast: 'keep';
  readonly registry: RegistryId;
  /** URL of the registry's prefix. */
  readonly prefix: string;
  /** Of the deploy that the page runs. */
  readonly manifest: Hash;
  readonly number: number;
  /** Whether the page is cross-origin isolated. Its workers have to be too. */
  readonly isolated: boolean;
  /** URL of the page. */
  readonly page: string;
  /** URLs that the page has requested. */
  readonly used: readonly string[];
  /** Whether to keep the whole deploy. */
  readonly all: boolean;
  /**
   * When the page has registered the service worker, milliseconds since 1970; null where the application
   * calls `offline()`.
   */
  readonly registered: number | null;
}

/** The first answer to each message: this service worker knows it, and is at work. */
export const RECEIVED = 'received';

/**
 * The answer to `keep`, over the message's port: one for each file, and the last has `done` = `total`. The
 * service worker of another registry or prefix answers null.
 */
export interface KeepProgress {
  readonly done: number;
  readonly total: number;
  /** Files that could not be kept. */
  readonly failed: number;
}

/** The `BroadcastChannel` on which pages ask the workers of a deploy which URLs they have requested. */
export const usedChannel = (manifest: Hash): string => `modcast used ${manifest}`;

export const USED_QUESTION = 'used?';

/** The `BroadcastChannel` on which a page tells the other pages of a site that it removes offline use. */
export const removalChannel = (root: string): string => `modcast removal ${root}`;
