import type { BootSource } from '../schema/message.js';

/** How a boot went. */
export interface BootInfo {
  /**
   * Where the modules came from: over the socket, all from this browser's cache, over plain HTTP through an import
   * map, or natively, without the registry.
   */
  readonly from: BootSource;
  /** From navigation to the last statement of the page's modules, milliseconds. */
  readonly ms: number;
  /** Null without the registry. */
  readonly deploy: number | null;
}

export interface Stats {
  /** Null until the page has booted. */
  readonly boot: BootInfo | null;
  /** Modules that run from blobs. */
  readonly modules: number;
  readonly bytes: {
    /** Over the socket, as sent. */
    readonly received: number;
    /** Of the modules in use, before linking. */
    readonly used: number;
  };
  /** The channel's newest deploy that has come whole; null before there is one. */
  readonly deploy: number | null;
  readonly socket: 'connecting' | 'open' | 'waiting' | 'closed';
}

export interface ModcastEvents {
  /** Blobs on their way: bytes before compression. */
  progress: { readonly received: number; readonly total: number };
  booted: BootInfo;
  /** A deploy has come whole: the next load of the page runs it. */
  deploy: { readonly deploy: number; readonly running: number | null };
  /**
   * Files have changed while the server watches: before the page takes them in. `preventDefault` leaves that to the
   * application: `modcast.import` gives it the newest versions.
   */
  update: { readonly deploy: number; readonly paths: readonly string[]; preventDefault(): void };
  /** What went wrong and was got around. `code` is documented in docs/errors.md. */
  error: { readonly code: string; readonly message: string };
}

/** The application's own messages of one topic, over modcast's connection. */
export interface Topic {
  /** False when there is no connection: nothing is kept for later. */
  send(data: unknown): boolean;
  /** @returns a function that takes the listener off again */
  on(listener: (data: unknown) => void): () => void;
}

/** `globalThis.modcast` */
export interface Modcast {
  /** Resolves when the page's modules have run. */
  readonly ready: Promise<BootInfo>;
  /**
   * Imports a module of the site by its path, `lib/disk.mjs`, of the deploy that this page runs: while the server
   * watches, in its newest version.
   */
  import(path: string): Promise<unknown>;
  /**
   * The URL of a module of this deploy as its author wrote it: for workers and worklets, which have no import map.
   * Relative imports below it stay in the same deploy.
   */
  url(path: string): string;
  /** Brings a module or several, and what they import, here without running them. */
  prefetch(paths: string | readonly string[]): Promise<void>;
  /**
   * @returns a function that takes the listener off again
   * @throws TypeError when there is no such event
   */
  on<K extends keyof ModcastEvents>(event: K, listener: (event: ModcastEvents[K]) => void): () => void;
  channel(topic: string): Topic;
  stats(): Stats;
  /** Resolves when nothing is on its way, what has come is taken in and the cache has been written. */
  idle(): Promise<void>;
}
