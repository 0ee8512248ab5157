import { Catalog } from '../../../registry/content/catalog.js';
import { Packs } from '../../../registry/content/packs.js';
import { VerifiedBlobs } from '../../../registry/content/verified-blobs.js';
import { createRegistry } from '../../../registry/index.js';
import { openSqliteStore } from '../../../registry/store/sqlite.js';
import type { Deploy, Store } from '../../../registry/store/store.js';
import { ModcastError, UNPARSED, decodeRecords, manifestToJson, type Hash } from '../../../schema/index.js';
import { inflateSync } from 'node:zlib';

/** Refused: an error, or nothing. Otherwise the answer as text. */
export type Answer = string | null;
export type Answers = ReadonlyMap<string, Answer>;

/** What there is to ask for; from the undamaged database. */
export interface Questions {
  readonly deploys: readonly Deploy[];
  readonly hashes: readonly Hash[];
  readonly paths: readonly string[];
  readonly tokens: readonly string[];
  readonly token: string;
}

const asText = (value: unknown): Answer =>
  value === null || value === undefined || value === UNPARSED ? null : JSON.stringify(value);

class Asker {
  readonly answers = new Map<string, Answer>();

  async ask(question: string, answer: () => Promise<unknown>): Promise<void> {
    try {
      this.answers.set(question, asText(await answer()));
    } catch (error) {
      // Any other error would be a stack trace in a terminal.
      if (!(error instanceof ModcastError)) throw new Error(question, { cause: error });
      this.answers.set(question, null);
    }
  }
}

async function askStore(asker: Asker, store: Store, questions: Questions): Promise<void> {
  const { deploys, hashes, paths, tokens } = questions;
  const ask = asker.ask.bind(asker);
  const empty = <T>(list: readonly T[]) => (list.length === 0 ? null : list);
  await ask('channels', () => store.channels());
  await ask('identity', () => store.identity());
  await ask('tokens', () => store.tokens());
  for (const id of tokens) await ask(`token ${id}`, () => store.token(id));
  await ask('deploys', async () => empty(await store.deploys()));
  await ask('page', async () => empty(await store.deploys({ before: 12, limit: 5 })));
  for (const channel of ['production', 'preview']) {
    await ask(`head ${channel}`, () => store.head(channel));
    await ask(`deploys ${channel}`, async () => empty(await store.deploys({ channel })));
    await ask(`at ${channel}`, () => store.deployAt(channel, deploys[deploys.length >> 1]!.time));
    for (const path of paths) {
      await ask(`versions ${channel} ${path}`, async () => empty(await store.versions(channel, path)));
    }
    for (const hash of hashes) {
      await ask(
        `visible ${channel} ${hash}`,
        async () => (await store.visible(channel, [hash])).has(hash) || null,
      );
    }
  }
  for (const { number, manifest, channel } of deploys) {
    await ask(`deploy ${number}`, () => store.deploy(number));
    await ask(`manifest ${number}`, async () => {
      const found = await store.manifest(number);
      return found === null ? null : manifestToJson(found);
    });
    await ask(`changes ${number}`, () => store.changes(number));
    await ask(`resolve ${number}`, async () =>
      empty((await store.resolveHash(manifest.slice(0, 12))).deploys),
    );
    await ask(`of manifest ${number}`, () => store.deployOfManifest(channel, manifest));
  }
  for (const hash of hashes) {
    await ask(`links ${hash}`, async () => (await store.links([hash])).get(hash));
    await ask(`blob ${hash}`, async () => empty((await store.resolveHash(hash.slice(0, 12))).blobs));
  }
}

/** What the socket sends: the segments of a pack of the head. */
async function askPacks(asker: Asker, store: Store): Promise<void> {
  const blobs = new VerifiedBlobs({ store, channel: 'production', directory: null, onDamaged: () => {} });
  const catalog = new Catalog(store, blobs);
  const packs = new Packs(blobs);
  let hashes: readonly Hash[] = [];
  await asker.ask('head manifest', async () => {
    const head = await catalog.head('production');
    if (head === null) return null;
    const shipment = await catalog.shipment(head, null, []);
    // Their order follows from links, which may be unknown here.
    hashes = shipment.hashes;
    return manifestToJson(head.manifest);
  });
  for (const hash of hashes) {
    await asker.ask(`packed ${hash}`, async () => {
      const segment = Buffer.from(await packs.segment([hash]));
      const body = segment.subarray(13);
      const [record] = decodeRecords(segment[0] === 1 ? inflateSync(body) : body, 1);
      // Without bytes, the page asks elsewhere.
      return record!.bytes.length === 0
        ? null
        : [record!.links, Buffer.from(record!.bytes).toString('base64')];
    });
  }
}

async function askHttp(
  asker: Asker,
  file: string,
  { deploys, hashes, paths, token }: Questions,
): Promise<void> {
  const registry = createRegistry({ database: file, channel: 'production', watch: false });
  const get = (target: string) =>
    asker.ask(`GET ${target}`, async () => {
      const request = new Request(`http://localhost${target}`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      const response = await registry.handle(request);
      const body = await response?.text();
      return response?.ok ? [response.headers.get('Content-Type'), body] : null;
    });
  try {
    for (const path of ['', ...paths]) await get(`/${path}`);
    await get('/-/channels/production/manifest.json');
    const some = deploys.filter((_, index) => index % 5 === 0);
    for (const { number } of some) {
      await get(`/-/deploys/${number}/manifest.json`);
      await get(`/-/deploys/${number}/at/m0.mjs`);
    }
    for (const hash of hashes.slice(0, 12)) {
      await get(`/-/blobs/${hash}`);
      await get(`/-/modules/${hash}/m.mjs`);
    }
  } finally {
    await registry.close();
  }
}

/** Asks a database everything. Null when it cannot be opened. */
export async function answersOf(file: string, questions: Questions): Promise<Answers | null> {
  const asker = new Asker();
  let store: Store;
  try {
    store = await openSqliteStore(file, { create: false });
  } catch (error) {
    if (error instanceof ModcastError) return null;
    throw error;
  }
  try {
    await askStore(asker, store, questions);
    await askPacks(asker, store);
  } finally {
    await store.close();
  }
  await askHttp(asker, file, questions);
  return asker.answers;
}

/** Finds out what there is to ask for. */
export async function questionsOf(file: string, token: string): Promise<Questions> {
  const store = await openSqliteStore(file);
  const deploys = await store.deploys({ limit: 1000 });
  const hashes = new Set<Hash>();
  const paths = new Set<string>();
  for (const { number } of deploys) {
    for (const [path, { hash }] of (await store.manifest(number))!.modules) {
      hashes.add(hash);
      paths.add(path);
    }
  }
  const tokens = (await store.tokens()).map(({ id }) => id);
  await store.close();
  return { deploys, hashes: [...hashes], paths: [...paths], tokens, token };
}
