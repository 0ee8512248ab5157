import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import {
  batchesByBytes,
  LIMITS,
  ModcastError,
  PackDecoder,
  decodeRecords,
  encodePackHeader,
  type Segment,
} from '../../schema/index.js';
import { packSegment } from '../content/packs.js';
import type { SentBlob } from './publish-plan.js';

const decompress = promisify(inflate);

/** A pack of whole blobs, without links: the registry finds those itself. */
export async function makePack(blobs: readonly SentBlob[]): Promise<Buffer> {
  const parts: Uint8Array[] = [encodePackHeader(blobs.length)];
  for (const batch of batchesByBytes(blobs, ({ bytes }) => bytes.length, LIMITS.segmentBytes)) {
    parts.push(await packSegment(batch.map((blob) => ({ ...blob, links: null }))));
  }
  return Buffer.concat(parts);
}

/**
 * Passes the blobs of a pack to `take`, one segment at a time.
 * @throws ModcastError `pack-invalid`, `pack-truncated`, and what `take` and the stream throw
 */
export async function readPack(
  pieces: AsyncIterable<Uint8Array>,
  take: (blobs: readonly SentBlob[]) => Promise<void>,
): Promise<void> {
  const decoder = new PackDecoder();
  for await (const piece of pieces) {
    for (const segment of decoder.push(piece)) await take(await blobsOf(segment));
  }
  decoder.finish();
}

async function blobsOf({ encoding, body, rawLength, count }: Segment): Promise<SentBlob[]> {
  const raw = encoding === 'identity' ? body : await inflated(body, rawLength);
  return decodeRecords(raw, count).map(({ hash, bytes, base }) => {
    if (base !== undefined) {
      throw new ModcastError('pack-invalid', 'pack: expected whole blobs, found a delta', { found: base });
    }
    return { hash, bytes };
  });
}

async function inflated(body: Uint8Array, rawLength: number): Promise<Uint8Array> {
  try {
    const raw = await decompress(body, { maxOutputLength: rawLength });
    if (raw.length === rawLength) return raw;
  } catch {
    // Damaged, or longer than declared.
  }
  throw new ModcastError('pack-invalid', `pack: expected a segment of ${rawLength} bytes`, {
    expected: rawLength,
  });
}
