import { decodeLinks, encodeLinks, parseHash, UNPARSED, type Hash, type Links } from '../../schema/index.js';
import { blobUnknown } from './changes.js';
import type { Methods } from './methods.js';
import type { Connection } from './sqlite-connection.js';
import type { BlobStore } from './store.js';

/** A hash as a statement's argument. @throws ModcastError `hash-invalid` */
export const hashKey = (hash: Hash): Buffer => Buffer.from(parseHash(hash), 'hex');

/** A plain array instead of a Buffer, whose `slice` does not copy. */
export const plainBytes = (bytes: Buffer): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

const linksColumn = (links: Links | null): Uint8Array | null => (links === null ? null : encodeLinks(links));

/** Damaged links count as unparsed: such a module is never linked with them. */
function linksOf(links: Buffer | null, size: number): Links | null {
  try {
    return links === null ? null : decodeLinks(links, size);
  } catch {
    return UNPARSED;
  }
}

export function sqliteBlobs(connection: Connection): Methods<BlobStore> {
  const insert = connection.prepare(
    'INSERT INTO blob (hash, size, links) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING',
  );
  const insertContent = connection.prepare('INSERT INTO content (blob_id, bytes) VALUES (?, ?)');
  const fillLinks = connection.prepare('UPDATE blob SET links = ? WHERE hash = ? AND links IS NULL');
  const repair = connection.pluck<number>('UPDATE blob SET size = ?, links = ? WHERE hash = ? RETURNING id');
  const replaceContent = connection.prepare('REPLACE INTO content (blob_id, bytes) VALUES (?, ?)');
  const find = connection.prepare<{ size: number; bytes: Buffer; links: Buffer | null }>(
    'SELECT b.size, c.bytes, b.links FROM blob b JOIN content c ON c.blob_id = b.id WHERE b.hash = ?',
  );
  const findLinks = connection.prepare<{ size: number; links: Buffer | null }>(
    'SELECT size, links FROM blob WHERE hash = ?',
  );
  const exists = connection.pluck<1>('SELECT 1 FROM blob WHERE hash = ?');

  return {
    putBlobs: connection.writing((blobs) => {
      for (const blob of blobs) {
        const key = hashKey(blob.hash);
        const links = linksColumn(blob.links);
        const { changes, lastInsertRowid } = insert.run(key, blob.bytes.length, links);
        if (changes > 0) insertContent.run(lastInsertRowid, blob.bytes);
        else if (links !== null) fillLinks.run(links, key);
      }
    }),
    repairBlob: connection.writing((blob) => {
      const id = repair.get(blob.bytes.length, linksColumn(blob.links), hashKey(blob.hash));
      if (id === undefined) throw blobUnknown(blob.hash);
      replaceContent.run(id, blob.bytes);
    }),
    blobs: connection.reading((hashes) =>
      hashes.flatMap((hash) => {
        const row = find.get(hashKey(hash));
        if (row === undefined) return [];
        return [{ hash, bytes: plainBytes(row.bytes), links: linksOf(row.links, row.size) }];
      }),
    ),
    links: connection.reading((hashes) => {
      const found = new Map<Hash, Links | null>();
      for (const hash of hashes) {
        const row = findLinks.get(hashKey(hash));
        if (row !== undefined) found.set(hash, linksOf(row.links, row.size));
      }
      return found;
    }),
    missing: connection.reading((hashes) =>
      [...new Set(hashes)].filter((hash) => exists.get(hashKey(hash)) === undefined),
    ),
  };
}
