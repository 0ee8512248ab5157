import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { VerifiedBlobs } from '../../../../registry/content/verified-blobs.js';
import { Catalog } from '../../../../registry/content/catalog.js';
import { DeploysInUse } from '../../../../registry/auth/deploys-in-use.js';
import { HistoryAccess } from '../../../../registry/auth/history-access.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { openSqliteStore } from '../../../../registry/store/sqlite.js';
import { createToken } from '../../../../registry/auth/tokens.js';
import { LIMITS } from '../../../../schema/index.js';
import { blobOf, publish } from '../../../contract/store-fixture.js';
import { Client, SITE, open, site, temporary, write } from '../site.js';

/** @param rest `now`: long after the deploys by default, which are of time 1000 */
async function history(rest: { publicHistory?: boolean; now?: number } = {}) {
  const store = await openMemoryStore();
  const blobs = new VerifiedBlobs({ store, channel: 'dev', directory: null, onDamaged: () => {} });
  const catalog = new Catalog(store, blobs);
  const clock = { now: rest.now ?? 2000 };
  const inUse = new DeploysInUse();
  const access = new HistoryAccess({
    store,
    catalog,
    inUse,
    publicHistory: rest.publicHistory ?? false,
    now: () => clock.now,
    pastHeadMs: 500,
  });
  const deploys = [await publish(store, [['a.mjs', 'one']]), await publish(store, [['a.mjs', 'two']])];
  const request = (token?: string) =>
    new Request(
      'http://localhost/',
      token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } },
    );
  return { store, catalog, inUse, access, clock, deploys, request };
}

/** From now on it is so late that no former head is public. */
function afterPastHeads(): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * LIMITS.pastHeadMs);
}

const refused = { code: 'token-required' };

it('a head is public; an earlier deploy and its blobs need a token', async () => {
  const { access, deploys, request, store } = await history();
  expect(await access.deploy(request(), deploys[1]!)).toBe('public');
  expect(await access.blob(request(), blobOf('two').hash)).toBe('public');
  await expect(access.deploy(request(), deploys[0]!)).rejects.toMatchObject(refused);
  await expect(access.blob(request(), blobOf('one').hash)).rejects.toMatchObject(refused);
  const token = async (scope: string) =>
    (await createToken(store, { scope: [scope], expires: null, note: '', now: 0 })).text;
  expect(await access.deploy(request(await token('read')), deploys[0]!)).toBe('token');
  expect(await access.blob(request(await token('read')), blobOf('one').hash)).toBe('token');
  const narrow = request(await token('publish:*'));
  await expect(access.deploy(narrow, deploys[0]!)).rejects.toMatchObject({ code: 'token-narrow' });
});

it('the deploy of a connected page is public until it disconnects, and so are later ones', async () => {
  const { store, access, inUse, deploys, request } = await history();
  const third = await publish(store, [['a.mjs', 'three']]);
  const ends = [inUse.hold('dev', third.number), inUse.hold('dev', 2), inUse.hold('dev', 2)];
  expect(await access.deploy(request(), deploys[1]!)).toBe('public');
  expect(await access.blob(request(), blobOf('two').hash)).toBe('public');
  await expect(access.blob(request(), blobOf('one').hash)).rejects.toMatchObject(refused);
  await expect(access.deploy(request(), deploys[0]!)).rejects.toMatchObject(refused);
  ends[1]!();
  ends[1]!();
  expect(await access.blob(request(), blobOf('two').hash)).toBe('public');
  ends[2]!();
  await expect(access.blob(request(), blobOf('two').hash)).rejects.toMatchObject(refused);
});

it('a page opens the deploy that it names, and none between that and the head, until it has gone', async () => {
  const { store, access, deploys, request } = await history();
  await publish(store, [['a.mjs', 'three']]);
  const [first, second] = deploys;
  const held = [await access.hold('dev', first!.manifest), await access.hold('dev', first!.manifest)];
  expect(held[0]!.deploy).toEqual(first);
  expect(await access.deploy(request(), first!)).toBe('public');
  expect(await access.blob(request(), blobOf('one').hash)).toBe('public');
  expect(await access.manifest('dev', first!.manifest)).not.toBeNull();
  await expect(access.deploy(request(), second!)).rejects.toMatchObject(refused);
  await expect(access.blob(request(), blobOf('two').hash)).rejects.toMatchObject(refused);
  expect(await access.manifest('dev', second!.manifest)).toBeNull();
  held[0]!.release();
  held[0]!.release();
  expect(await access.deploy(request(), first!)).toBe('public');
  held[1]!.release();
  await expect(access.deploy(request(), first!)).rejects.toMatchObject(refused);
  await expect(access.blob(request(), blobOf('one').hash)).rejects.toMatchObject(refused);
});

it('a page opens nothing by the name of what was no deploy of its channel', async () => {
  const { store, access, request } = await history();
  const elsewhere = await publish(store, [['a.mjs', 'elsewhere']], { channel: 'secret' });
  await publish(store, [['a.mjs', 'later']], { channel: 'secret' });
  expect(await access.hold('dev', elsewhere.manifest)).toBeNull();
  expect(await access.hold('dev', '0'.repeat(64))).toBeNull();
  // A blob's hash is no deploy's name, and neither is that of a blob in no deploy.
  expect(await access.hold('dev', blobOf('one').hash)).toBeNull();
  await store.putBlobs([blobOf('unpublished')]);
  expect(await access.hold('dev', blobOf('unpublished').hash)).toBeNull();
  await expect(access.deploy(request(), elsewhere)).rejects.toMatchObject(refused);
  await expect(access.blob(request(), blobOf('elsewhere').hash)).rejects.toMatchObject(refused);
  expect((await access.publicBlobs([blobOf('unpublished').hash])).size).toBe(0);
});

it('pages keep a bounded number of deploys open', async () => {
  const { store, inUse, access } = await history();
  const named = [];
  for (let i = 0; i < 300; i++) named.push(await publish(store, [['a.mjs', `save ${i}`]]));
  const ends = await Promise.all(named.map((deploy) => access.hold('dev', deploy.manifest)));
  expect(inUse.single('dev')).toEqual(named.slice(-256).map(({ number }) => number));
  for (const end of ends) end!.release();
  expect(inUse.single('dev')).toEqual([]);
});

it('an old deploy with the manifest of a public one is public', async () => {
  const { store, access, deploys, request } = await history();
  await publish(store, [['a.mjs', 'one']]);
  expect(await access.deploy(request(), deploys[0]!)).toBe('public');
  await expect(access.deploy(request(), deploys[1]!)).rejects.toMatchObject(refused);
});

it('unknown-blob-cost: a lookup reads no manifest, however many heads there were', async () => {
  const { store, catalog, access, request } = await history();
  await catalog.head('dev');
  for (let i = 0; i < 150; i++) {
    await publish(store, [['a.mjs', `save ${i}`]]);
    await catalog.refresh();
  }
  store.manifest = () => Promise.reject(new Error('a manifest was read'));
  expect(await access.blob(request(), '0'.repeat(64))).toBe('public');
  expect(await access.blob(request(), blobOf('save 7').hash)).toBe('public');
  await expect(access.blob(request(), blobOf('one').hash)).rejects.toMatchObject(refused);
});

it('a former head stays public for some time', async () => {
  const { store, catalog, access, clock, deploys, request } = await history();
  await catalog.head('dev');
  await publish(store, [['a.mjs', 'three']]);
  await catalog.refresh();
  clock.now = 2499;
  expect(await access.blob(request(), blobOf('two').hash)).toBe('public');
  clock.now = 2500;
  await expect(access.deploy(request(), deploys[1]!)).rejects.toMatchObject(refused);
});

it('a former head of another process does too', async () => {
  const { access, clock, deploys, request } = await history({ now: 1499 });
  expect(await access.deploy(request(), deploys[0]!)).toBe('public');
  expect(await access.blob(request(), blobOf('one').hash)).toBe('public');
  // As a worker needs it that has started before.
  expect(await access.manifest('dev', deploys[0]!.manifest)).not.toBeNull();
  clock.now = 1500;
  await expect(access.deploy(request(), deploys[0]!)).rejects.toMatchObject(refused);
});

it('a public history needs no token', async () => {
  const { access, deploys, request } = await history({ publicHistory: true });
  expect(await access.deploy(request(), deploys[0]!)).toBe('public');
});

it('over HTTP: 401 without a token, 403 with a narrow one, a private response with a valid one', async () => {
  const directory = await site(SITE);
  const database = path.join(await temporary(), 'registry.db');
  const registry = open({ directory, database });
  await registry.ready;
  await write(directory, { 'main.js': 'export const changed = true;\n' });
  await registry.scan();
  await registry.close();
  // Another process, when the earlier head is no longer public.
  afterPastHeads();
  const { url } = await open({ directory, database }).listen();
  const other = await openStore(database);
  const ask = (path: string, token?: string) =>
    fetch(`${url}-/${path}`, token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } });
  const manifest = await other.store.manifest(1);
  const old = manifest!.modules.get('main.js')!.hash;
  const paths = ['deploys/1/manifest.json', 'deploys/1/at/main.js', `blobs/${old}`, `modules/${old}/main.js`];
  for (const path of paths) {
    const none = await ask(path);
    expect([path, none.status]).toEqual([path, 401]);
    expect(none.headers.get('WWW-Authenticate')).toBe('Bearer realm="modcast"');
    expect((await ask(path, await other.token('publish:*'))).status).toBe(403);
    const right = await ask(path, await other.token('read'));
    expect(right.status).toBe(200);
    expect(right.headers.get('Cache-Control')).toMatch(/^private/);
  }
  expect((await ask('deploys/2/at/main.js')).status).toBe(200);
  expect((await ask('deploys/3/manifest.json')).status).toBe(404);
  await other.store.close();
});

it('history-over-socket: a page does not open an old deploy by naming it', async () => {
  const directory = await site(SITE);
  const database = path.join(await temporary(), 'registry.db');
  const before = open({ directory, database });
  const { deploy } = (await before.ready)!;
  await before.close();
  await write(directory, { 'main.js': 'export const changed = true;\n' });
  const between = open({ directory, database });
  await between.ready;
  await between.close();
  afterPastHeads();
  const { port, url } = await open({ directory, database }).listen();
  const ask = async (number: number) => (await fetch(`${url}-/deploys/${number}/manifest.json`)).status;
  const query = `protocol=1&channel=dev&deploy=${deploy.number}&have=${deploy.manifest}`;
  const client = new Client(port, query);
  // Nor is it told what the old manifest contained.
  expect(await client.message('manifest')).toMatchObject({ base: null, delete: [] });
  expect(await ask(deploy.number)).toBe(401);
  expect(await ask(deploy.number + 1)).toBe(200);
  const difference = await fetch(
    `${url}-/deploys/${deploy.number + 1}/manifest.json?since=${deploy.manifest}`,
  );
  expect(await difference.json()).not.toHaveProperty('since');
});

it('over HTTP: a tab keeps its deploy when it connects again, also after a restart of the server', async () => {
  const directory = await site(SITE);
  const database = path.join(await temporary(), 'registry.db');
  const versions = ['export const two = 2;\n', 'export const three = 3;\n'];
  const first = open({ directory, database });
  const { deploy } = (await first.ready)!;
  for (const text of versions) {
    await write(directory, { 'main.js': text });
    await first.scan();
  }
  await first.close();
  afterPastHeads();
  const { port, url } = await open({ directory, database }).listen();
  const other = await openStore(database);
  const hashes: string[] = [];
  for (const number of [1, 2])
    hashes.push((await other.store.manifest(number))!.modules.get('main.js')!.hash);
  await other.store.close();
  const paths = [
    ['deploys/1/manifest.json', 'deploys/1/at/main.js', `blobs/${hashes[0]}`, `modules/${hashes[0]}/main.js`],
    ['deploys/2/manifest.json', 'deploys/2/at/main.js', `blobs/${hashes[1]}`, `modules/${hashes[1]}/main.js`],
  ];
  const worker = `main.js?modcast=${deploy.manifest}`;
  const ask = (list: readonly string[]) =>
    Promise.all(list.map(async (target) => (await fetch(`${url}-/${target}`)).status));
  const importAsWorker = async () =>
    (await fetch(url + worker, { headers: { 'Sec-Fetch-Dest': 'script' } })).status;
  expect(await ask(paths[0]!)).toEqual([401, 401, 401, 401]);
  expect(await importAsWorker()).toBe(404);
  const query = `protocol=1&channel=dev&deploy=1&runs=${deploy.manifest}`;
  const client = new Client(port, query);
  await client.message('manifest');
  expect(await ask(paths[0]!)).toEqual([200, 200, 200, 200]);
  expect(await importAsWorker()).toBe(200);
  expect(await ask(paths[1]!)).toEqual([401, 401, 401, 401]);
});

async function openStore(file: string) {
  const store = await openSqliteStore(file);
  const token = async (scope: string) =>
    (await createToken(store, { scope: [scope], expires: null, note: '', now: Date.now() })).text;
  return { store, token };
}
