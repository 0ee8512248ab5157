import type { Hash } from '../../../schema/hash.js';
import type { PooledBlob } from '../../cache/blob-pool.js';
import {
  channelName,
  readName,
  sharedId,
  type FromWorker,
  type ToWorker,
} from '../../hot/workers/worker-messages.js';

type Blobs = readonly (readonly [Hash, PooledBlob])[];

/** The connection of a worker to the pages that started it. */
export class PageLink {
  readonly #channel: BroadcastChannel;
  readonly #needs: ((blobs: Blobs) => void)[] = [];

  constructor(id: string) {
    this.#channel = new BroadcastChannel(channelName(id));
  }

  /** @param receive called with each message but the answers to `need` */
  listen(receive: (message: Exclude<ToWorker, { type: 'blobs' }>) => void): void {
    this.#channel.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
      if (data.type === 'blobs') this.#needs.shift()?.(data.blobs);
      else receive(data);
    });
  }

  post(message: FromWorker): void {
    this.#channel.postMessage(message);
  }

  /** Requests blobs. The page answers with those that it gets. */
  need(hashes: Iterable<Hash>, closure: boolean): Promise<Blobs> {
    return new Promise((resolve) => {
      this.#needs.push(resolve);
      this.post({ type: 'need', hashes: [...hashes], closure });
    });
  }
}

/** How a worker was started. */
export interface OwnStart {
  readonly link: PageLink;
  readonly isShared: boolean;
}

/**
 * Finds out which page a worker belongs to, and hides how from the worker's code. Undefined where no page
 * with hot reload has started it.
 *
 * @param started URL from which the worker has been started
 */
export function ownStart(started: string): OwnStart | undefined {
  const isShared = 'onconnect' in globalThis;
  const given = (globalThis as unknown as { readonly name: string }).name;
  if (isShared) return { link: new PageLink(sharedId(started, given)), isShared };
  const { name, id } = readName(given);
  if (id === undefined) return undefined;
  const owner = ownerOf('name');
  const native = Object.getOwnPropertyDescriptor(owner, 'name');
  const natural = native?.get === undefined ? { value: name } : { get: () => name };
  Object.defineProperty(owner, 'name', { ...native, ...natural });
  return { link: new PageLink(id), isShared };
}

/** The object on the global's prototype chain that has a property. */
function ownerOf(name: string): object {
  let owner: object | null = globalThis;
  while (owner !== null && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object | null;
  return owner ?? globalThis;
}
