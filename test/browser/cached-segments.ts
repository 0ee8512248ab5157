import { decodeRecords, encodeRecords, type PackRecord } from '../../schema/index.js';
import type { BrowserPage } from './engines/engine.js';

/** All blobs that the loader has stored in this page's IndexedDB. The page must be of the site's origin. */
export async function readCachedBlobs(page: BrowserPage): Promise<PackRecord[]> {
  const rows = await page.evaluate(async () => {
    const db = await openCache();
    const all = request(db.transaction('segments').objectStore('segments').getAll());
    const segments = (await all) as { count: number; body: Uint8Array }[];
    db.close();
    return segments.map(({ count, body }) => ({ count, body: [...body] }));
  });
  return rows.flatMap(({ count, body }) => decodeRecords(new Uint8Array(body), count));
}

/** Replaces them. A record's hash is taken as it stands, right or wrong. */
export async function writeCachedBlobs(page: BrowserPage, records: readonly PackRecord[]): Promise<void> {
  const row = { count: records.length, body: [...encodeRecords(records)] };
  await page.evaluate(async ({ count, body }) => {
    const db = await openCache();
    const segments = db.transaction('segments', 'readwrite').objectStore('segments');
    const [{ registry }] = await request(segments.getAll());
    await request(segments.clear());
    await request(segments.put({ registry, count, body: new Uint8Array(body) }));
    db.close();
  }, row);
}

declare global {
  /** Opens the loader's database. */
  function openCache(): Promise<IDBDatabase>;
  function request<T>(of: IDBRequest<T>): Promise<T>;
}

/** Opens an empty page of the site in which `openCache` and `request` are defined. */
export async function openStorage(page: BrowserPage, url: string): Promise<void> {
  await page.goto(`${url}blank.txt`);
  await page.evaluate(() => {
    globalThis.request = (of) =>
      new Promise((resolve, reject) => {
        of.onsuccess = () => resolve(of.result);
        of.onerror = () => reject(of.error!);
      });
    globalThis.openCache = () => request(indexedDB.open('modcast'));
  });
}
