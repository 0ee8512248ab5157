import { vi } from 'vitest';
import {
  channelName,
  type FromWorker,
  type ToWorker,
} from '../../../../../loader/hot/workers/worker-messages.js';

type Listener = (event: { readonly data: unknown }) => void;

/** Channels by name, within one test. */
const open = new Map<string, Set<FakeChannel>>();

/** A `BroadcastChannel` that delivers before the next task. */
class FakeChannel {
  readonly #name: string;
  readonly #listeners: Listener[] = [];

  constructor(name: string) {
    this.#name = name;
    open.set(name, (open.get(name) ?? new Set()).add(this));
  }

  addEventListener(_type: 'message', listener: Listener): void {
    this.#listeners.push(listener);
  }

  postMessage(data: unknown): void {
    for (const other of open.get(this.#name)!) {
      if (other === this) continue;
      queueMicrotask(() => {
        for (const listener of open.get(this.#name)?.has(other) ? other.#listeners : []) listener({ data });
      });
    }
  }

  close(): void {
    open.get(this.#name)!.delete(this);
  }
}

export function stubChannels(): void {
  open.clear();
  vi.stubGlobal('BroadcastChannel', FakeChannel);
}

/** Pages that listen to a worker, and workers themselves. */
export const listenersOf = (id: string): number => open.get(channelName(id))?.size ?? 0;

/** The worker's end of a channel. */
export class FakeWorkerEnd {
  readonly received: ToWorker[] = [];
  readonly #channel: FakeChannel;

  /** @param answer called with each message of the page */
  constructor(id: string, answer: (message: ToWorker, end: FakeWorkerEnd) => void = () => {}) {
    this.#channel = new FakeChannel(channelName(id));
    this.#channel.addEventListener('message', ({ data }) => {
      this.received.push(data as ToWorker);
      answer(data as ToWorker, this);
    });
  }

  say(message: FromWorker): void {
    this.#channel.postMessage(message);
  }
}

/** Lets everything happen that needs no timer. */
export const settle = () => new Promise(setImmediate);
