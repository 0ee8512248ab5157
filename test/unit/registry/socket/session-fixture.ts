import { inflateSync } from 'node:zlib';
import { beforeEach, expect } from 'vitest';
import { VerifiedBlobs } from '../../../../registry/content/verified-blobs.js';
import { Catalog } from '../../../../registry/content/catalog.js';
import { blake3 } from '../../../../registry/hash.js';
import { Packs } from '../../../../registry/content/packs.js';
import type { Clock } from '../../../../registry/clock.js';
import { Session, type SessionLimits } from '../../../../registry/socket/session.js';
import type { BootReport } from '../../../../registry/socket/session-events.js';
import type { Transport } from '../../../../registry/socket/transport.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import { lexModule } from '../../../../importmap/index.js';
import {
  PackDecoder,
  decodeRecords,
  manifestBytes,
  parseFromServer,
  type FromServer,
  type Hash,
  type Hello,
  type Manifest,
} from '../../../../schema/index.js';

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  after(ms: number, callback: () => void) {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
  get waiting(): number {
    return this.#timers.size;
  }
  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.callback();
    }
  }
}

/** Keeps what is sent; as slow a reader as it is told to be. */
export class FakeTransport implements Transport {
  readonly sent: (string | Uint8Array)[] = [];
  readonly closes: [code: number, reason: string][] = [];
  reading = true;
  readonly #held: (() => void)[] = [];
  #fail: Error | undefined;
  send(data: string | Uint8Array): Promise<void> {
    if (this.#fail !== undefined) return Promise.reject(this.#fail);
    this.sent.push(data);
    return this.reading ? Promise.resolve() : new Promise((resolve) => this.#held.push(resolve));
  }
  close(code: number, reason: string): void {
    this.closes.push([code, reason]);
  }
  read(count = Infinity): void {
    for (const resolve of this.#held.splice(0, count)) resolve();
  }
  break(): void {
    this.#fail = new Error('EPIPE');
  }
  get messages(): FromServer[] {
    return this.sent.filter((data) => typeof data === 'string').map((data) => parseFromServer(data));
  }
  types(): string[] {
    return this.messages.map(({ type }) => type);
  }
  get frames(): Uint8Array[] {
    return this.sent.filter((data) => typeof data !== 'string');
  }
}

/** The blobs of the packs that were sent, by pack. */
export function packsOf(transport: FakeTransport): Map<Hash, string>[] {
  const packs: Map<Hash, string>[] = [];
  let decoder: PackDecoder | undefined;
  for (const data of transport.sent) {
    if (typeof data === 'string') {
      if (parseFromServer(data).type !== 'pack') continue;
      expect(decoder?.complete ?? true).toBe(true);
      decoder = new PackDecoder();
      packs.push(new Map());
      continue;
    }
    for (const { encoding, body, count } of decoder!.push(data)) {
      const raw = encoding === 'deflate' ? inflateSync(body) : body;
      for (const { hash, bytes } of decodeRecords(raw, count)) {
        packs.at(-1)!.set(hash, Buffer.from(bytes).toString());
      }
    }
  }
  decoder?.finish();
  return packs;
}

/** Lets everything run that waits for nothing from outside. Compression has a thread of its own. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

export const hello = (rest: Partial<Hello> = {}): Hello => ({
  type: 'hello',
  protocol: 1,
  channel: 'dev',
  have: null,
  deploy: null,
  entries: [],
  ...rest,
});

export const hashOf = (text: string): Hash => blake3(Buffer.from(text));

export let store: Store;
export let catalog: Catalog;
export let packs: Packs;
export let clock: FakeClock;
export let booted: BootReport[];
export let errors: unknown[];
export let topics: [string, unknown][];

beforeEach(async () => {
  store = await openMemoryStore();
  const blobs = new VerifiedBlobs({ store, channel: 'dev', directory: null, onDamaged: () => {} });
  catalog = new Catalog(store, blobs);
  packs = new Packs(blobs);
  clock = new FakeClock();
  booted = [];
  errors = [];
  topics = [];
});

export function connect(limits: Partial<SessionLimits> = {}) {
  const transport = new FakeTransport();
  const session = new Session({
    catalog,
    packs,
    store,
    transport,
    clock,
    limits,
    events: {
      booted: (report) => void booted.push(report),
      failed: () => {},
      message: (topic, data) => void topics.push([topic, data]),
      error: (error) => void errors.push(error),
    },
  });
  return { session, transport };
}

export async function deploy(
  texts: Record<string, string>,
  entries: string[] = ['main.js'],
  channel = 'dev',
) {
  const modules = new Map<string, { hash: Hash; size: number; type: string }>();
  for (const [name, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text);
    await store.putBlobs([{ hash: blake3(bytes), bytes, links: lexModule(bytes) }]);
    modules.set(name, { hash: blake3(bytes), size: bytes.length, type: 'text/javascript' });
  }
  const manifest: Manifest = { modules, entries: entries.filter((name) => name in texts), importMap: null };
  const hash = blake3(manifestBytes(manifest));
  const head = await store.head(channel);
  const made = await store.commit({
    channel,
    manifest,
    hash,
    expected: head?.number ?? null,
    time: 1,
    author: 'ada',
    message: '',
    commit: null,
  });
  catalog.moveHead({ deploy: made.deploy, manifest });
  return { manifest, hash, number: made.deploy.number };
}
