import type { BootSource } from '../schema/message.js';
import type { KeepProgress } from './offline/messages.js';
import type { OfflineOptions } from './offline/offline-api.js';

/** How a boot went. */
export interface BootInfo {
  /**
   * Where the modules came from: the socket, this browser's cache alone, plain HTTP through an import map, or
   * the site itself, without the registry.
   */
  readonly from: BootSource;
  /** Milliseconds from navigation to the last statement of the page's modules. */
  readonly ms: number;
  /** The deploy that the page runs; null without the registry. */
  readonly deploy: number | null;
}

export interface Stats {
  /** Null until the page has booted. */
  readonly boot: BootInfo | null;
  /** Modules that run from blobs. */
  readonly modules: number;
  readonly bytes: {
    /** Received over the socket, compressed. */
    readonly received: number;
    /** Size of the modules in use, before linking. */
    readonly used: number;
  };
  /** The channel's newest deploy that has come whole; null before the first. */
  readonly deploy: number | null;
  readonly socket: 'connecting' | 'open' | 'waiting' | 'closed';
}

/** A worker or worklet of the page, or a worker of its workers. */
export interface UpdatedWorker {
  readonly kind: 'worker' | 'shared-worker' | 'worklet';
  /** The natural URL of its script. */
  readonly url: string;
  /** The option of that name. Empty without one. */
  readonly name: string;
}

export interface ModcastEvents {
  /** Bytes of blobs, before compression. */
  progress: { readonly received: number; readonly total: number };
  booted: BootInfo;
  /** A deploy has come whole. The next load of the page runs it. */
  deploy: { readonly deploy: number; readonly running: number | null };
  /**
   * Files have changed while the server watches. Emitted before hot reload applies them. After
   * `preventDefault` the application does it: `modcast.import` returns the newest versions.
   */
  update: {
    readonly deploy: number;
    readonly paths: readonly string[];
    /** Those that run a changed file, and in which no module accepts the update. */
    readonly workers: readonly UpdatedWorker[];
    preventDefault(): void;
  };
  /** A problem that the loader has worked around. docs/errors.md lists the codes. */
  error: { readonly code: string; readonly message: string };
}

/** The application's own messages on one topic, over modcast's connection. */
export interface Topic {
  /** Returns false when there is no connection. Such a message is not sent later. */
  send(data: unknown): boolean;
  /** @returns a function that removes the listener */
  on(listener: (data: unknown) => void): () => void;
}

/** `globalThis.modcast` */
export interface Modcast {
  /** Resolves when the page's modules have run. */
  readonly ready: Promise<BootInfo>;
  /**
   * Imports a module of the site by its path, `lib/disk.mjs`, from the deploy that this page runs. While the
   * server watches, imports its newest version.
   */
  import(path: string): Promise<unknown>;
  /**
   * The URL at which a file is that of this page's deploy, whatever is published later. A module there is
   * linked for workers, which have no import map. Where another server serves the site, it is the module as
   * its author wrote it, and its relative imports stay in the deploy.
   */
  url(path: string): string;
  /** Fetches modules and what they import, without running them. */
  prefetch(paths: string | readonly string[]): Promise<void>;
  /**
   * @returns a function that removes the listener
   * @throws TypeError for an unknown event
   */
  on<K extends keyof ModcastEvents>(event: K, listener: (event: ModcastEvents[K]) => void): () => void;
  channel(topic: string): Topic;
  stats(): Stats;
  /**
   * Keeps this page and what it has used in the browser, so that it runs without the server: modules, HTML,
   * workers, styles, images. Resolves when all is stored.
   *
   * @returns how many files were kept, and how many could not be
   * @throws Error where the server does not offer it (`--offline`), or the browser has no service workers
   */
  offline(options?: OfflineOptions): Promise<KeepProgress>;
  /**
   * Removes modcast's service worker and all that modcast has stored in this browser.
   *
   * @throws Error as `offline`
   */
  unregister(): Promise<void>;
  /** Resolves when everything requested has come, updates are applied and the cache is written. */
  idle(): Promise<void>;
}
