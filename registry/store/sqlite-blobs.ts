import { decodeLinks, encodeLinks, UNPARSED, type Hash, type Links } from '../../schema/index.js';
import { blobUnknown } from './changes.js';
import { hashKey } from './hash-key.js';
import type { Methods } from './methods.js';
import type { Connection } from './sqlite-connection.js';
import type { Rows } from './sqlite-rows.js';
import { SEAL_LINKS, sealRow, soundLinks } from './sqlite-sums.js';
import type { BlobStore } from './store.js';

/** A plain array instead of a Buffer, whose `slice` does not copy. */
export const plainBytes = (bytes: Buffer): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

const linksColumn = (links: Links | null): Uint8Array | null => (links === null ? null : encodeLinks(links));

interface LinksRow {
  readonly size: number;
  readonly links: Buffer | null;
  readonly sound: number;
}

/** Damaged links count as unparsed: such a module is never linked with them. */
function linksOf({ size, links, sound }: LinksRow): Links | null {
  if (!sound) return UNPARSED;
  try {
    return links === null ? null : decodeLinks(links, size);
  } catch {
    return UNPARSED;
  }
}

export function sqliteBlobs(connection: Connection, { blobId }: Rows): Methods<BlobStore> {
  const insert = connection.prepare(
    'INSERT INTO blob (hash, size, links) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING',
  );
  const insertContent = connection.prepare('INSERT INTO content (blob_id, bytes) VALUES (?, ?)');
  const fillLinks = connection.pluck<number>(
    'UPDATE blob SET links = ? WHERE id = ? AND links IS NULL RETURNING id',
  );
  const repair = connection.prepare('UPDATE blob SET size = ?, links = ? WHERE id = ?');
  const sealBlob = connection.prepare(sealRow('blob'));
  const sealLinks = connection.prepare(SEAL_LINKS);
  const replaceContent = connection.prepare('REPLACE INTO content (blob_id, bytes) VALUES (?, ?)');
  const find = connection.prepare<LinksRow & { bytes: Buffer }>(
    `SELECT b.size, c.bytes, b.links, ${soundLinks('b')} AS sound
     FROM blob b JOIN content c ON c.blob_id = b.id WHERE b.id = ?`,
  );
  const findLinks = connection.prepare<LinksRow>(
    `SELECT b.size, b.links, ${soundLinks('b')} AS sound FROM blob b WHERE b.id = ?`,
  );

  return {
    putBlobs: connection.writing((blobs) => {
      for (const blob of blobs) {
        const links = linksColumn(blob.links);
        const { changes, lastInsertRowid } = insert.run(hashKey(blob.hash), blob.bytes.length, links);
        if (changes > 0) {
          insertContent.run(lastInsertRowid, blob.bytes);
          sealBlob.run(lastInsertRowid);
          sealLinks.run(lastInsertRowid);
        } else if (links !== null) {
          const id = fillLinks.get(links, blobId(blob.hash));
          if (id !== undefined) sealLinks.run(id);
        }
      }
    }),
    repairBlob: connection.writing((blob) => {
      const id = blobId(blob.hash);
      if (id === undefined) throw blobUnknown(blob.hash);
      repair.run(blob.bytes.length, linksColumn(blob.links), id);
      sealBlob.run(id);
      sealLinks.run(id);
      replaceContent.run(id, blob.bytes);
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
