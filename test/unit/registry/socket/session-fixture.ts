import { inflateSync } from 'node:zlib';
import { beforeEach, expect } from 'vitest';
import { DeploysInUse } from '../../../../registry/auth/deploys-in-use.js';
import { HistoryAccess } from '../../../../registry/auth/history-access.js';
import { VerifiedBlobs } from '../../../../registry/content/verified-blobs.js';
import { mediaType } from '../../../../registry/content/media-type.js';
import { Catalog } from '../../../../registry/content/catalog.js';
import { blake3 } from '../../../../registry/hash.js';
import { Packs } from '../../../../registry/content/packs.js';
import type { SessionLimits } from '../../../../registry/socket/session-options.js';
import { Session } from '../../../../registry/socket/session.js';
import type { BootReport } from '../../../../registry/socket/session-events.js';
import { Turns } from '../../../../registry/socket/turns.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import { lexModule } from '../../../../importmap/index.js';
import {
  LIMITS,
  PackDecoder,
  decodeRecords,
  manifestBytes,
  parseFromServer,
  type Hash,
  type Hello,
  type Manifest,
} from '../../../../schema/index.js';
import { FakeClock } from '../fake-clock.js';
import { FakeTransport } from './fake-transport.js';

/** The blobs in each pack that was sent. */
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

/** Runs the event loop until a condition holds. Compression runs in another thread. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

export const IDENTITY = 'ab'.repeat(16);

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
export let inUse: DeploysInUse;
export let history: HistoryAccess;
let now: number;
export let clock: FakeClock;
export let booted: BootReport[];
export let failed: string[];
export let errors: unknown[];
export let topics: [string, unknown][];

beforeEach(async () => {
  store = await openMemoryStore();
  const blobs = new VerifiedBlobs({ store, channel: 'dev', directory: null, onDamaged: () => {} });
  catalog = new Catalog(store, blobs);
  inUse = new DeploysInUse();
  now = 0;
  history = new HistoryAccess({ store, catalog, inUse, publicHistory: false, now: () => now });
  packs = new Packs(blobs);
  clock = new FakeClock();
  booted = [];
  failed = [];
  errors = [];
  topics = [];
});

/** Former heads are not public any more from now on. */
export function forgetPastHeads(): void {
  now += LIMITS.pastHeadMs;
}

export function connect(limits: Partial<SessionLimits> = {}) {
  const transport = new FakeTransport();
  const session = new Session({
    catalog,
    packs,
    identity: IDENTITY,
    history,
    inUse,
    transport,
    clock,
    turns: new Turns(),
    limits,
    events: {
      booted: (report) => void booted.push(report),
      failed: ({ message }) => void failed.push(message),
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
    const type = mediaType(name);
    const links = type === 'text/javascript' ? lexModule(bytes) : null;
    await store.putBlobs([{ hash: blake3(bytes), bytes, links }]);
    modules.set(name, { hash: blake3(bytes), size: bytes.length, type });
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
