import type { Hash } from '../../schema/hash.js';
import type { PackRecord } from '../../schema/pack.js';
import { digestOf } from '../hash.js';

export interface ReceivedRecord extends PackRecord {
  /** SHA-256 of the bytes, where it was computed. */
  readonly digest?: Hash | undefined;
}

/** Adds the digests of what may be runs: these are large, and checked by their digest. */
export const withDigests = (records: readonly PackRecord[]): Promise<ReceivedRecord[]> =>
  Promise.all(
    records.map(async (record) =>
      record.links === null && record.base === undefined
        ? { ...record, digest: await digestOf(record.bytes) }
        : record,
    ),
  );
