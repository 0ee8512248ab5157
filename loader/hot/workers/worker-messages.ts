import type { Hash } from '../../../schema/hash.js';
import type { PooledBlob } from '../../cache/blob-pool.js';
import type { Release } from '../../transport/channel-client.js';
import type { WorkerStart } from '../../workers/wrap-workers.js';
import type { HotError } from '../api.js';

/** A worker or worklet that has been started, by the page or by one of its workers. */
export interface StartedWorker extends Omit<WorkerStart, 'options'> {
  /** The option of that name. */
  readonly name: string;
  /** Tells it from the others. */
  readonly id: string;
  /** Whether it tells the page what it imports. */
  readonly speaks: boolean;
}

/** What a worker decided about a deploy. */
export interface Decision {
  /** Why no update of its modules is enough. Null where they accept it, or none of them has changed. */
  readonly reason: string | null;
  /** Paths of the modules that it runs. */
  readonly files: readonly string[];
}

/** What becomes of an update in a worker: `leave` leaves it to the application, `wait` to the next update. */
export type Verdict = 'apply' | 'leave' | 'wait';

export type FromWorker =
  /** The worker's modules are about to run, or the page has asked. With the modules that it has imported. */
  | { readonly type: 'hello'; readonly imported: readonly string[] }
  /** Natural URL of a module that the worker imports with `import()`. */
  | { readonly type: 'imported'; readonly url: string }
  | { readonly type: 'closed' }
  /** Of a worker that this worker has started or ended. */
  | { readonly type: 'started'; readonly worker: StartedWorker }
  | { readonly type: 'ended'; readonly id: string }
  | { readonly type: 'failed'; readonly id: string }
  | { readonly type: 'need'; readonly hashes: readonly Hash[]; readonly closure: boolean }
  /** The answer to the update of that number. */
  | { readonly type: 'decided'; readonly update: number; readonly decision: Decision }
  /** Outdated: some modules still have to be replaced. */
  | { readonly type: 'applied'; readonly update: number; readonly isOutdated: boolean }
  /** The same, when it turns out later. */
  | { readonly type: 'outdated' }
  | { readonly type: 'reload'; readonly reason: string }
  /** All errors of its updates that are not solved. */
  | { readonly type: 'errors'; readonly errors: readonly HotError[] }
  | { readonly type: 'send'; readonly topic: string; readonly data: unknown };

export type ToWorker =
  | { readonly type: 'greet' }
  /** @see Decision */
  | {
      readonly type: 'update';
      readonly update: number;
      /** The release in which the worker started. */
      readonly first: Release;
      readonly release: Release;
    }
  | { readonly type: 'verdict'; readonly update: number; readonly verdict: Verdict }
  /** The answer to the oldest open `need`: as far as they are here. */
  | { readonly type: 'blobs'; readonly blobs: readonly (readonly [Hash, PooledBlob])[] }
  /** A message of the application, or an event of the connection. */
  | { readonly type: 'message'; readonly topic: string; readonly data: unknown };

/** The name of the `BroadcastChannel` between a worker and the pages that started it. */
export const channelName = (id: string): string => `modcast worker ${id}`;

/** The identifier of a shared worker, which all pages that start it know. */
export const sharedId = (target: string, name: string): string => `${target} ${name}`;

export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A worker's name with its identifier. Its runtime hides the end from the worker's own code. */
export const nameWithId = (name: string, id: string): string => `${name} modcast:${id}`;

const NAMED = / modcast:([\da-f]{32})$/;

/** The inverse of `nameWithId`. The identifier is undefined for a name without one. */
export const readName = (given: string): { readonly name: string; readonly id: string | undefined } => ({
  name: given.replace(NAMED, ''),
  id: NAMED.exec(given)?.[1],
});
