import { wrongLink } from '../../importmap/link-range.js';
import { batchesByBytes } from '../../schema/batches.js';
import type { Hash, Hasher } from '../../schema/hash.js';
import { decodeRecords, encodeRecords, type PackRecord } from '../../schema/pack.js';
import { digestOf } from '../hash.js';

/** Many blobs in one value, which is ten times as fast to read as a value for each of a thousand. */
export interface Segment {
  readonly count: number;
  readonly body: Uint8Array;
  /** SHA-256 of the body; undefined for a small one, and where the context is not secure. */
  readonly digest: Hash | undefined;
}

export interface CachedRecord extends PackRecord {
  /** True where the segment matches its digest. Others have to be hashed before they are used. */
  readonly verified?: boolean;
}

/** Whether a record's bytes have its hash. The links of a damaged one could name other modules. */
export const isIntact = ({ hash, bytes, links }: PackRecord, hasher: Hasher): boolean =>
  hasher(bytes) === hash && (links === null || wrongLink(bytes, links) === undefined);

/** Bytes of blobs in one segment. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

export async function toSegment(records: readonly PackRecord[]): Promise<Segment> {
  const body = encodeRecords(records);
  return { count: records.length, body, digest: await digestOf(body) };
}

/** @param records verified ones */
export const toSegments = (records: Iterable<PackRecord>): Promise<Segment[]> =>
  Promise.all([...batchesByBytes(records, ({ bytes }) => bytes.length, SEGMENT_BYTES)].map(toSegment));

/** Empty for anything that is not a segment. */
export async function readSegment({ body, count, digest }: Segment): Promise<CachedRecord[]> {
  try {
    const records = decodeRecords(body, count);
    const verified = digest !== undefined && (await digestOf(body)) === digest;
    return verified ? records.map((record) => ({ ...record, verified })) : records;
  } catch {
    return [];
  }
}
