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

/** Runs work with a segment of so many bytes when there is memory for it. */
export type InflateGate = (bytes: number, work: () => Promise<void>) => Promise<void>;

/** Bytes of a segment besides its blobs: hashes, lengths, and links, which are not used. */
const SEGMENT_EXTRA = 1024 * 1024;

/**
 * Before it is inflated.
 * @throws ModcastError `blob-too-large`, `pack-invalid`
 */
function checkSize({ count, rawLength }: Segment): void {
  const expected = LIMITS.blobBytes + SEGMENT_EXTRA;
  if (rawLength <= expected) return;
  const code = count === 1 ? 'blob-too-large' : 'pack-invalid';
  const what = count === 1 ? 'a blob' : 'a segment of a pack';
  throw new ModcastError(code, `${what} has ${rawLength} bytes; at most ${LIMITS.blobBytes} are taken`, {
    expected,
    found: rawLength,
  });
}

/**
 * Passes the blobs of a pack to `take`, one segment at a time.
 * @throws ModcastError `blob-too-large`, `pack-invalid`, `pack-truncated`, and what `take` and the stream
 *   throw
 */
export async function readPack(
  pieces: AsyncIterable<Uint8Array>,
  take: (blobs: readonly SentBlob[]) => Promise<void>,
  inflate: InflateGate = (_, work) => work(),
): Promise<void> {
  const decoder = new PackDecoder();
  for await (const piece of pieces) {
    for (const segment of decoder.push(piece)) {
      checkSize(segment);
      await inflate(segment.rawLength, async () => take(await blobsOf(segment)));
    }
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
    const raw = await decompress(body, { maxOutputLength: rawLength, chunkSize: Math.max(64, rawLength) });
    if (raw.length === rawLength) return raw;
  } catch {
    // Damaged, or longer than declared.
  }
  throw new ModcastError('pack-invalid', `pack: expected a segment of ${rawLength} bytes`, {
    expected: rawLength,
  });
}
