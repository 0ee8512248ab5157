import { Emitter } from '../../../loader/events.js';
import { hash } from '../../../loader/hash.js';
import type { ConnectionEvents } from '../../../loader/transport/connection.js';
import {
  manifestBytes,
  manifestFromJson,
  type FromClient,
  type Hash,
  type Links,
  type Manifest,
  type PackRecord,
} from '../../../schema/index.js';

/** Timers that fire when the test says so. */
export class FakeClock {
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  #now = 0;

  get pending(): number {
    return this.#timers.size;
  }

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) {
      if (timer.at > this.#now) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}

/** A connection on which the test speaks for the server. */
export class FakeConnection extends Emitter<ConnectionEvents> {
  state: 'connecting' | 'open' | 'waiting' | 'closed' = 'open';
  have: Hash | null = null;
  fusion: Hash | null = null;
  drops = 0;
  readonly sent: FromClient[] = [];

  send(message: FromClient): boolean {
    if (this.state !== 'open') return false;
    this.sent.push(message);
    return true;
  }

  want(hashes: readonly Hash[], closure: boolean): boolean {
    return this.send({ type: 'want', hashes: [...hashes], closure });
  }

  drop(): void {
    this.drops++;
  }
}

/** Lets everything happen that waits for no timer and no I/O. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const encoder = new TextEncoder();

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

export const hashOf = (text: string): Hash => hash(bytesOf(text));

export const recordOf = (text: string, links: Links | null = null): PackRecord => ({
  hash: hashOf(text),
  links,
  bytes: bytesOf(text),
});

/** @param files path → text */
export const manifestOf = (files: Readonly<Record<string, string>>, type = 'text/javascript'): Manifest =>
  manifestFromJson({
    modcast: 1,
    entries: [],
    importMap: null,
    modules: Object.entries(files).map(([path, text]) => [path, hashOf(text), text.length, type]),
  });

export const manifestHash = (manifest: Manifest): Hash => hash(manifestBytes(manifest));
