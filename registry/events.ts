import { ModcastError, type Diagnostic, type Hash } from '../schema/index.js';
import type { IngestProgress, IngestResult } from './ingest/ingest.js';
import { nearest } from './nearest.js';
import type { BootReport } from './socket/session-events.js';
import type { Deploy } from './store/store.js';

/** What a registry tells by `on`. */
export interface RegistryEvents {
  /** While the directory is read for the first time. */
  reading: (progress: IngestProgress) => void;
  /** A new head of the channel, with what it took. */
  deploy: (result: IngestResult) => void;
  /** A new head that came by publishing, over HTTP or from another process, of a channel that somebody has asked for. */
  published: (deploy: Deploy) => void;
  /**
   * Files that were left out or do not parse, whenever the list has changed. With a server of its own also what they
   * import that is not there, and import maps that do not parse.
   */
  problems: (problems: readonly Diagnostic[]) => void;
  /** The directory that is followed has gone, and nothing is taken from that; or it is back, and is read again. */
  directory: (state: 'gone' | 'back') => void;
  booted: (report: BootReport) => void;
  failed: (report: { deploy: number | null; stage: string; message: string }) => void;
  /** A stored blob was not what its hash says. */
  damaged: (hash: Hash, mended: boolean) => void;
  /** The application's own message from a page. */
  message: (topic: string, data: unknown) => void;
  error: (error: unknown) => void;
}

const EVENTS: { readonly [name in keyof RegistryEvents]: true } = {
  reading: true,
  deploy: true,
  published: true,
  problems: true,
  directory: true,
  booted: true,
  failed: true,
  damaged: true,
  message: true,
  error: true,
};

/** A listener for an event that does not exist would wait for ever. @throws ModcastError `event-unknown` */
export function checkEvent(name: unknown): void {
  if (typeof name === 'string' && Object.hasOwn(EVENTS, name)) return;
  const { name: expected, hint } = nearest(String(name), Object.keys(EVENTS));
  throw new ModcastError('event-unknown', `no event "${String(name)}"${hint}`, { expected, found: name });
}
