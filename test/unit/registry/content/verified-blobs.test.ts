import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { inflateSync } from 'node:zlib';
import { VerifiedBlobs } from '../../../../registry/content/verified-blobs.js';
import { lexModule } from '../../../../importmap/index.js';
import { blake3 } from '../../../../registry/hash.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { NO_LINKS, PackDecoder, decodeRecords, encodePackHeader } from '../../../../schema/index.js';
import { Client, SITE, open, site, write } from '../site.js';

const MAIN = SITE['main.js'] as string;
const HASH = blake3(Buffer.from(MAIN));

/** A registry whose database has a blob with damaged bytes. */
async function damaged() {
  const directory = await site(SITE);
  const database = path.join(directory, '.modcast/registry.db');
  const first = open({ directory, database });
  await first.ready;
  await first.close();
  const db = new Database(database);
  const wrong = Buffer.from(MAIN.replace('leaf', 'evil'));
  const changed = db
    .prepare(`UPDATE content SET bytes = ? WHERE blob_id = (SELECT id FROM blob WHERE hash = ?)`)
    .run(wrong, Buffer.from(HASH, 'hex')).changes;
  db.close();
  expect(changed).toBe(1);
  return { directory, database };
}

describe('a blob that is damaged in the database', () => {
  it('is repaired from the site’s file, also in the store', async () => {
    const { directory, database } = await damaged();
    const registry = open({ directory, database });
    const told: [string, boolean][] = [];
    registry.on('damaged', (hash, mended) => told.push([hash, mended]));
    const ask = () => registry.handle(new Request(`http://localhost/-/blobs/${HASH}`));
    expect(await (await ask())!.text()).toBe(MAIN);
    expect(await (await ask())!.text()).toBe(MAIN);
    expect(told).toEqual([[HASH, true]]);
    const [stored] = await (await registry.store()).blobs([HASH]);
    expect(Buffer.from(stored!.bytes).toString()).toBe(MAIN);
  });

  it('is never served when the file has changed, and has no bytes in a pack', async () => {
    const { directory, database } = await damaged();
    const registry = open({ directory, database });
    const told: [string, boolean][] = [];
    registry.on('damaged', (hash, mended) => told.push([hash, mended]));
    const { port } = await registry.listen();
    await write(directory, { 'main.js': 'export {};' });
    expect((await registry.handle(new Request(`http://localhost/-/blobs/${HASH}`)))!.status).toBe(404);
    const client = new Client(port);
    const { count } = await client.message('pack');
    await client.find((frame): frame is Uint8Array => frame instanceof Uint8Array && frame.length > 9);
    const decoder = new PackDecoder();
    const frames = client.frames.filter((frame) => frame instanceof Uint8Array);
    const header = Buffer.from(encodePackHeader(count));
    expect(Buffer.from(frames[0]!).subarray(0, header.length)).toEqual(header);
    const records = frames
      .flatMap((frame) => decoder.push(frame))
      .flatMap((segment) =>
        decodeRecords(
          segment.encoding === 'deflate' ? inflateSync(segment.body) : segment.body,
          segment.count,
        ),
      );
    expect(decoder.complete).toBe(true);
    expect(records.map(({ hash, bytes }) => [hash, Buffer.from(bytes).toString()])).toEqual([
      [blake3(Buffer.from(SITE['lib/leaf.js'] as string)), SITE['lib/leaf.js']],
      [HASH, ''],
    ]);
    expect(told[0]).toEqual([HASH, false]);
  });
});

it('without a directory, a damaged blob is not found', async () => {
  const store = await openMemoryStore();
  const hash = blake3(Buffer.from('right'));
  await store.putBlobs([{ hash, bytes: Buffer.from('wrong'), links: null }]);
  const told: unknown[] = [];
  const blobs = new VerifiedBlobs({
    store,
    channel: 'dev',
    directory: null,
    onDamaged: (...what) => told.push(what),
  });
  expect((await blobs.read([hash, '0'.repeat(64)])).size).toBe(0);
  expect(told).toEqual([[hash, false]]);
});

it('keeps links in memory, and reads those again that were not found', async () => {
  const store = await openMemoryStore();
  const blobs = new VerifiedBlobs({ store, channel: 'dev', directory: null, onDamaged: () => {} });
  const bytes = Buffer.from('x');
  const hash = blake3(bytes);
  expect((await blobs.links([hash])).has(hash)).toBe(false);
  await store.putBlobs([{ hash, bytes, links: NO_LINKS }]);
  expect((await blobs.links([hash])).get(hash)).toEqual(NO_LINKS);
  store.links = () => Promise.reject(new Error('asked again'));
  expect((await blobs.links([hash])).get(hash)).toEqual(NO_LINKS);
});

describe('links-bit-flip: links that are damaged in the database', () => {
  const TEXT = 'import "./dep-a.mjs"; import.meta.url;';
  const hash = blake3(Buffer.from(TEXT));
  const right = lexModule(Buffer.from(TEXT));

  async function served(changed: (links: Buffer) => Buffer) {
    const directory = await site({
      'index.html': '<script type=module src=main.js></script>',
      'main.js': TEXT,
    });
    const database = path.join(directory, '.modcast/registry.db');
    const first = open({ directory, database });
    await first.ready;
    await first.close();
    const db = new Database(database);
    const key = Buffer.from(hash, 'hex');
    const links = db.prepare<[Buffer], Buffer>('SELECT links FROM blob WHERE hash = ?').pluck().get(key)!;
    db.prepare('UPDATE blob SET links = ? WHERE hash = ?').run(changed(links), key);
    db.close();
    const registry = open({ directory, database });
    const damaged: [string, boolean][] = [];
    registry.on('damaged', (...what) => damaged.push(what));
    return { registry, damaged };
  }

  it.each<[string, (links: Buffer) => Buffer]>([
    [
      'another specifier',
      (links) => Buffer.from(links.toString('latin1').replace('dep-a', 'dep-c'), 'latin1'),
    ],
    ['no links', () => Buffer.from([0, 0])],
    ['a state that says it does not parse', () => Buffer.from([1, 0])],
    ['bytes that do not decode', () => Buffer.from([9])],
  ])('%s: the links of the bytes are served, and stored', async (_, changed) => {
    const { registry, damaged } = await served(changed);
    const response = await registry.handle(new Request(`http://localhost/-/modules/${hash}/main.js`));
    expect(await response!.text()).toContain('import "/dep-a.mjs"; __modcast_meta__(import.meta).url;');
    expect(damaged).toEqual([[hash, true]]);
    const [stored] = await (await registry.store()).blobs([hash]);
    expect(stored!.links).toEqual(right);
  });
});
