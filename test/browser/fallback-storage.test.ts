import { describe, expect, it } from 'vitest';
import { openStorage, readCachedBlobs, writeCachedBlobs } from './cached-segments.js';
import { booted, importLater, once, STATIC_MODULES } from './counted-site.js';
import type { BrowserPage } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { eachOnItsOwnSite, fillCache, LATER, newPage, serve, site, visit } from './fallback-visits.js';

/** Codes of the errors that the loader wrote to the console. */
const errorsOf = ({ lines }: BrowserPage): Set<string> =>
  new Set(lines.flatMap((line) => /^modcast: ([\w-]+):/.exec(line)?.[1] ?? []));

inEachEngine((engine) => {
  eachOnItsOwnSite(engine);

  describe('IndexedDB', () => {
    const broken = {
      'is missing': () => {
        delete (globalThis as { indexedDB?: IDBFactory }).indexedDB;
      },
      'cannot be opened': () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('not in this window', 'SecurityError');
        };
      },
      'fails while it opens': () => {
        const { open } = IDBFactory.prototype;
        IDBFactory.prototype.open = function (name) {
          open.call(this, name, 99);
          return open.call(this, name, 1);
        };
      },
      'and localStorage are forbidden': () => {
        for (const name of ['indexedDB', 'localStorage']) {
          Object.defineProperty(globalThis, name, {
            get() {
              throw new DOMException('not in this window', 'SecurityError');
            },
          });
        }
      },
      'is full': () => {
        IDBObjectStore.prototype.put = () => {
          throw new DOMException('no space', 'QuotaExceededError');
        };
      },
    };

    it.each(Object.entries(broken))('%s: the page runs from memory', async (_name, breakIt) => {
      await serve();
      for (const expected of [1, 2]) {
        const page = await newPage();
        await page.addInitScript(breakIt);
        await visit('', page);
        expect(await booted(page)).toMatchObject({
          from: 'network',
          deploy: 1,
          counts: once(STATIC_MODULES),
        });
        await page.evaluate(() => modcast!.idle());
        expect((await importLater(page)).counts).toEqual(once(LATER));
        expect([...errorsOf(page)]).toEqual(['cache-unavailable']);
        expect(site.relay.messages('welcome')).toHaveLength(expected);
        expect(site.moduleRequests).toEqual([]);
        await page.close();
      }
    });

    it('never answers: the page stops waiting for it', async () => {
      await serve();
      const page = await newPage();
      const neverAnswer = () => {
        IDBFactory.prototype.open = () =>
          Object.assign(Object.create(IDBOpenDBRequest.prototype) as IDBOpenDBRequest, {
            addEventListener() {},
            removeEventListener() {},
          });
      };
      await page.addInitScript(neverAnswer);
      await visit('stalled.html', page);
      expect(await booted(page)).toMatchObject({ from: 'network', deploy: 1, counts: once(STATIC_MODULES) });
    });

    it('was cleared while localStorage still lists its content: everything is loaded again', async () => {
      await serve();
      await fillCache();
      const storage = await newPage();
      await openStorage(storage, site.url);
      await storage.evaluate(async () => {
        const db = await openCache();
        const write = db.transaction(['deploys', 'segments'], 'readwrite');
        await Promise.all([
          request(write.objectStore('deploys').clear()),
          request(write.objectStore('segments').clear()),
        ]);
        db.close();
      });
      const page = await visit();
      expect(await booted(page)).toMatchObject({ from: 'network', counts: once(STATIC_MODULES) });
      expect(site.moduleRequests).toEqual([]);
    });

    it('holds garbage: everything is loaded again, and the next visit uses the cache', async () => {
      await serve();
      await fillCache();
      const storage = await newPage();
      await openStorage(storage, site.url);
      await storage.evaluate(async () => {
        const db = await openCache();
        const write = db.transaction(['deploys', 'segments'], 'readwrite');
        const deploys = write.objectStore('deploys');
        const segments = write.objectStore('segments');
        for (const row of await request(deploys.getAll())) {
          // Another blob of the site in place of one: the manifest parses, but its hash is wrong.
          const text = String.fromCharCode(...row.body);
          const hashOf = (path: string) => new RegExp(`"${path}","(\\w{64})"`).exec(text)![1]!;
          const changed = text.replace(hashOf('lib/b.mjs'), hashOf('lib/c.mjs'));
          deploys.put({ ...row, body: Uint8Array.from(changed, (char) => char.charCodeAt(0)) });
          const { order: _order, ...newest } = row;
          deploys.put({ ...newest, hash: 'f'.repeat(64), body: 'garbage' });
        }
        const [{ registry }] = await request(segments.getAll());
        await request(segments.clear());
        for (const garbage of [{}, { count: 'x', body: 7 }, { count: 3, body: new Uint8Array(9) }]) {
          await request(segments.put({ registry, ...garbage }));
        }
        db.close();
      });
      const page = await visit();
      expect(await booted(page)).toMatchObject({ deploy: 1, from: 'network', counts: once(STATIC_MODULES) });
      await page.evaluate(() => modcast!.idle());
      site.clear();
      expect(await booted(await visit())).toMatchObject({
        deploy: 1,
        from: 'cache',
        counts: once(STATIC_MODULES),
      });
      await site.relay.seen((frame) => frame.kind === 'text');
      expect(site.relay.blobs).toEqual([]);
    });

    it.each(['missing', 'wrong'])('has one blob that is %s: that one is loaded over HTTP', async (damage) => {
      await serve();
      await fillCache();
      const storage = await newPage();
      await openStorage(storage, site.url);
      const records = await readCachedBlobs(storage);
      const isLeaf = (bytes: Uint8Array) => new TextDecoder().decode(bytes).includes(`count['b']`);
      const wrong = (bytes: Uint8Array) =>
        new TextEncoder().encode('globalThis.wrong = true;'.padEnd(bytes.length));
      await writeCachedBlobs(
        storage,
        damage === 'missing'
          ? records.filter(({ bytes }) => !isLeaf(bytes))
          : records.map((record) =>
              isLeaf(record.bytes) ? { ...record, bytes: wrong(record.bytes) } : record,
            ),
      );
      site.clear();
      site.sockets = 'refuse';
      const page = await visit();
      expect(await booted(page)).toMatchObject({ from: 'http', counts: once(STATIC_MODULES) });
      expect(site.moduleRequests).toEqual([
        expect.stringMatching(/^\/-\/modules\/[\da-f]{64}\/lib\/b\.mjs$/),
      ]);
      expect(await page.evaluate(() => (globalThis as { wrong?: boolean }).wrong)).toBeUndefined();
    });
  });
});
