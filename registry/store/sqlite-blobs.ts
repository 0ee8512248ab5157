import { decodeLinks, encodeLinks, UNPARSED, type Hash, type Links } from '../../schema/index.js';
import { blobUnknown } from './changes.js';
import { hashKey } from './hash-key.js';
import type { Methods } from './methods.js';
import type { Connection } from './sqlite-connection.js';
import type { Rows } from './sqlite-rows.js';
import { checksum } from './sqlite-sums.js';
import type { BlobStore } from './store.js';

/** A plain array instead of a Buffer, whose `slice` does not copy. */
export const plainBytes = (bytes: Buffer): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

const linksColumn = (links: Links | null): Buffer | null =>
  links === null ? null : Buffer.from(encodeLinks(links));

interface LinksRow {
  readonly id: number;
  readonly size: number;
  readonly links: Buffer | null;
  readonly links_sum: number | null;
}

/** Damaged links count as unparsed: such a module is never linked with them. */
function linksOf({ id, size, links, links_sum: sum }: LinksRow): Links | null {
  if (sum !== checksum(id, links)) return UNPARSED;
  try {
    return links === null ? null : decodeLinks(links, size);
  } catch {
    return UNPARSED;
  }
}

export function sqliteBlobs(connection: Connection, { blobId }: Rows): Methods<BlobStore> {
  const nextId = connection.pluck<number>('SELECT coalesce(max(id), 0) + 1 FROM blob');
  const insert = connection.prepare(
    `INSERT INTO blob (id, hash, size, links, sum, links_sum) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (hash) DO NOTHING`,
  );
  const insertContent = connection.prepare('INSERT INTO content (blob_id, bytes) VALUES (?, ?)');
  const fillLinks = connection.prepare(
    'UPDATE blob SET links = ?, links_sum = ? WHERE id = ? AND links IS NULL',
  );
  const repair = connection.prepare(
    'UPDATE blob SET size = ?, links = ?, sum = ?, links_sum = ? WHERE id = ?',
  );
  const replaceContent = connection.prepare('REPLACE INTO content (blob_id, bytes) VALUES (?, ?)');
  const find = connection.prepare<LinksRow & { bytes: Buffer }>(
    `SELECT b.id, b.size, c.bytes, b.links, b.links_sum
     FROM blob b JOIN content c ON c.blob_id = b.id WHERE b.id = ?`,
  );
  const findLinks = connection.prepare<LinksRow>('SELECT id, size, links, links_sum FROM blob WHERE id = ?');

  return {
    putBlobs: connection.writing((blobs) => {
      for (const { hash, bytes, links: given } of blobs) {
        const id = nextId.get()!;
        const key = hashKey(hash);
        const links = linksColumn(given);
        const sum = checksum(id, key, bytes.length);
        if (insert.run(id, key, bytes.length, links, sum, checksum(id, links)).changes > 0) {
          insertContent.run(id, bytes);
        } else if (links !== null) {
          const known = blobId(hash);
          if (known !== undefined) fillLinks.run(links, checksum(known, links), known);
        }
      }
    }),
    repairBlob: connection.writing(({ hash, bytes, links: given }) => {
      const id = blobId(hash);
      if (id === undefined) throw blobUnknown(hash);
      const links = linksColumn(given);
      const sum = checksum(id, hashKey(hash), bytes.length);
      repair.run(bytes.length, links, sum, checksum(id, links), id);
      replaceContent.run(id, bytes);
    }),
    blobs: connection.reading((hashes) =>
      hashes.flatMap((hash) => {
        const row = find.get(blobId(hash));
        return row === undefined ? [] : [{ hash, bytes: plainBytes(row.bytes), links: linksOf(row) }];
      }),
    ),
    links: connection.reading((hashes) => {
      const found = new Map<Hash, Links | null>();
      for (const hash of hashes) {
        const row = findLinks.get(blobId(hash));
        if (row !== undefined) found.set(hash, linksOf(row));
      }
      return found;
    }),
    missing: connection.reading((hashes) =>
      [...new Set(hashes)].filter((hash) => blobId(hash) === undefined),
    ),
  };
}
