import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ByteRange } from './conditional.js';

const compress = promisify(gzip);

/** Bytes of a response that are handed to the connection at a time. */
const CHUNK_BYTES = 64 * 1024;

/** Compressed once for all responses with the same bytes, for as long as those are in memory. */
const compressed = new WeakMap<Uint8Array, Promise<Uint8Array>>();

/** Compresses in another thread. */
export function gzipped(bytes: Uint8Array): Promise<Uint8Array> {
  let making = compressed.get(bytes);
  if (making === undefined) {
    making = compress(bytes, { level: 5 });
    compressed.set(bytes, making);
    making.catch(() => compressed.delete(bytes));
  }
  return making;
}

/**
 * A body of bytes that many responses share: `new Response(bytes)` would copy all of them at once.
 *
 * @param part of the bytes; null for all of them
 */
export function sharedBody(
  bytes: Uint8Array,
  part: ByteRange | null = null,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  const { start, end } = part ?? { start: 0, end: bytes.length - 1 };
  if (end - start < CHUNK_BYTES) return bytes.subarray(start, end + 1) as Uint8Array<ArrayBuffer>;
  let at = start;
  return new ReadableStream(
    {
      pull(controller) {
        const next = Math.min(at + CHUNK_BYTES, end + 1);
        controller.enqueue(bytes.subarray(at, next));
        at = next;
        if (at > end) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
