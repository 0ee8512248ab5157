import { ModcastError } from '../../schema/errors.js';
import { decodeRecords, type Segment } from '../../schema/pack.js';
import { withDigests, type ReceivedRecord } from '../cache/digests.js';

async function inflate(segment: Segment): Promise<Uint8Array> {
  if (segment.encoding === 'identity') return segment.body;
  const stream = new Blob([segment.body as Uint8Array<ArrayBuffer>]).stream();
  const reader = stream.pipeThrough(new DecompressionStream('deflate')).getReader();
  // Reading stops at the declared length, whatever is sent.
  const raw = new Uint8Array(segment.rawLength);
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > raw.length) {
      await reader.cancel();
      throw new ModcastError('pack-invalid', 'pack: a segment is longer than it says', {
        expected: raw.length,
      });
    }
    raw.set(value, at);
    at += value.length;
  }
  if (at !== raw.length) {
    throw new ModcastError('pack-invalid', 'pack: a segment is shorter than it says', {
      expected: raw.length,
      found: at,
    });
  }
  return raw;
}

/** @throws ModcastError `pack-invalid`, `links-invalid` */
export const readSegment = async (segment: Segment): Promise<ReceivedRecord[]> =>
  withDigests(decodeRecords(await inflate(segment), segment.count));
