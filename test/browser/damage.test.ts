import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blake3 } from '../../registry/hash.js';
import type { Hash, PackRecord } from '../../schema/index.js';
import { openStorage, readCachedBlobs, writeCachedBlobs } from './cached-segments.js';
import type { BrowserPage } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';
import {
  booted,
  countedFiles,
  each,
  importLater,
  once,
  STATIC_MODULES,
  TemporarySite,
} from './counted-site.js';
import { servedHash } from './fused-mode.js';
import { GatedSite } from './gated-site.js';

const FILES = countedFiles(1);
const hashOf = (path: string): Hash => blake3(new TextEncoder().encode(FILES[path]));
const B = hashOf('lib/b.mjs');

/** Other bytes of the same length that report it when they run. */
const forged = (bytes: Uint8Array): Uint8Array =>
  new TextEncoder().encode('globalThis.forged = true;'.padEnd(bytes.length));

const forge =
  (hash: Hash) =>
  (records: readonly PackRecord[]): PackRecord[] =>
    records.map((record) =>
      record.hash === hash ? { ...record, bytes: forged(record.bytes) } : { ...record },
    );

inEachEngine((engine) => {
  let directory: TemporarySite;
  let site: GatedSite;

  beforeEach(async () => {
    directory = await TemporarySite.create({ ...FILES, 'blank.txt': '' });
  });

  afterEach(async () => {
    await site.close();
    await directory.close();
  });

  /** Each test has its own site, hence its own origin and storage. */
  const newPage = sharedContext(engine);

  async function serve(database = ':memory:'): Promise<void> {
    site = await GatedSite.open({ directory: directory.directory, database, timeout: 25_000 });
  }

  /** Opens and boots the page, runs its import() calls, and checks that all modules ran once and unchanged. */
  async function visit(): Promise<{ from: string; problems: string[] }> {
    const page = await newPage();
    await page.goto(site.url);
    await page.until(() => globalThis.modcast !== undefined);
    const { from } = await booted(page);
    expect(await importLater(page)).toEqual({
      counts: once([...STATIC_MODULES, 'later', 'deep']),
      versions: each(['main', 'a', 'b', 'c', 'later', 'deep'], 1),
    });
    expect(await page.evaluate(() => (globalThis as { forged?: boolean }).forged)).toBeUndefined();
    await idle(page);
    const problems = page.lines.flatMap((line) => /^modcast: ([\w-]+): /.exec(line)?.[1] ?? []);
    await page.close();
    await site.relay.emptied();
    return { from, problems };
  }

  /** The socket may have been closed and be opening again. */
  async function idle(page: BrowserPage): Promise<void> {
    await page.until(() => modcast!.stats().socket === 'open');
    await page.evaluate(() => modcast!.idle());
  }

  const sent = (hash: Hash): number => site.relay.blobs.filter((record) => record.hash === hash).length;

  describe('a blob that was changed on the network', () => {
    it.each([
      ['of the static closure', 'lib/b.mjs'],
      ['that is imported later', 'lazy/later.mjs'],
    ])('%s is refused by its hash and requested again', async (_which, path) => {
      await serve();
      const hash = await servedHash(site, path, hashOf(path));
      let forgeries = 0;
      site.relay.tamper = (records) =>
        records.some((record) => record.hash === hash) && forgeries++ === 0 ? forge(hash)(records) : records;
      expect(await visit()).toEqual({ from: 'network', problems: ['hash-mismatch'] });
      expect(forgeries).toBe(2);
      expect(sent(hash)).toBe(2);
      expect(site.moduleRequests).toEqual([]);

      site.clear();
      expect(await visit()).toEqual({ from: 'cache', problems: [] });
      expect(site.relay.blobs).toEqual([]);
    });

    it('each time is loaded over HTTP, and only that blob', async () => {
      await serve();
      site.relay.tamper = forge(B);
      expect(await visit()).toEqual({ from: 'network', problems: expect.arrayContaining(['hash-mismatch']) });
      // The imports of a missing blob are not known, so they are loaded over HTTP too.
      expect(site.moduleRequests).toContain(`/-/modules/${B}/lib/b.mjs`);
      expect(site.moduleRequests.filter((target) => !target.includes('/lazy/'))).toHaveLength(1);
    });

    it('along with a whole compressed segment costs the connection, not the boot', async () => {
      await serve();
      let segments = 0;
      site.relay.judge = (frame) => (frame.kind === 'segment' && segments++ === 0 ? 'corrupt' : 'pass');
      expect((await visit()).problems.length).toBeGreaterThan(0);
      site.clear();
      expect(await visit()).toEqual({ from: 'cache', problems: [] });
    });
  });

  describe('a blob that was changed in IndexedDB', () => {
    it.each([
      ['of the static closure', 'lib/b.mjs'],
      ['that is imported later', 'lazy/later.mjs'],
    ])('%s is refused by its hash and fetched again, alone', async (_which, path) => {
      await serve();
      const hash = await servedHash(site, path, hashOf(path));
      await visit();
      const storage = await newPage();
      await openStorage(storage, site.url);
      await writeCachedBlobs(storage, forge(hash)(await readCachedBlobs(storage)));
      site.clear();
      expect((await visit()).problems).toEqual(['hash-mismatch']);
      expect(site.relay.blobs.map((record) => record.hash)).toEqual([hash]);

      site.clear();
      expect(await visit()).toEqual({ from: 'cache', problems: [] });
      expect(site.relay.blobs).toEqual([]);
      expect(site.moduleRequests).toEqual([]);
    });
  });

  it('idb-links-tamper: links that name another module are refused, and fetched again', async () => {
    await serve();
    await visit();
    const storage = await newPage();
    await openStorage(storage, site.url);
    const records = (await readCachedBlobs(storage)).map((record) => ({
      ...record,
      links: record.links && {
        ...record.links,
        list: record.links.list.map((link) =>
          link.kind === 'static' ? { ...link, specifier: './other.mjs' } : link,
        ),
      },
    }));
    const changed = records.filter(({ links }) => links?.list.some(({ kind }) => kind === 'static'));
    expect(changed.length).toBeGreaterThan(0);
    await writeCachedBlobs(storage, records);
    site.clear();
    expect((await visit()).problems).toEqual(changed.map(() => 'hash-mismatch'));
    expect(site.relay.blobs.map((record) => record.hash).toSorted()).toEqual(
      changed.map(({ hash }) => hash).toSorted(),
    );
    site.clear();
    expect(await visit()).toEqual({ from: 'cache', problems: [] });
    expect(site.relay.blobs).toEqual([]);
  });

  describe('a blob that was changed in the database', () => {
    it('is repaired from its file before a page gets it', async () => {
      const file = join(directory.directory, '.modcast', 'registry.db');
      await serve(file);
      const database = new Database(file);
      const content = database.prepare<[Buffer], { id: number; bytes: Buffer }>(
        'SELECT b.id, c.bytes FROM blob b JOIN content c ON c.blob_id = b.id WHERE b.hash = ?',
      );
      const key = Buffer.from(B, 'hex');
      const { id, bytes } = content.get(key)!;
      database.prepare('UPDATE content SET bytes = ? WHERE blob_id = ?').run(forged(bytes), id);
      const damaged: [Hash, boolean][] = [];
      site.registry.on('damaged', (hash, mended) => damaged.push([hash, mended]));

      expect(await visit()).toEqual({ from: 'network', problems: [] });
      expect(damaged).toEqual([[B, true]]);
      expect(content.get(key)!.bytes.equals(bytes)).toBe(true);
      database.close();
    });
  });
});
