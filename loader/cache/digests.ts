import type { Hash } from '../../schema/hash.js';
import type { PackRecord } from '../../schema/pack.js';
import { digestOf } from '../hash.js';

export interface ReceivedRecord extends PackRecord {
  /** SHA-256 of the bytes, where it was computed. */
  readonly digest?: Hash | undefined;
}

/**
 * Adds the digests of what may be runs: these are large, and checked by their digest. Without methods of
 * `Promise`, which a page may have replaced: the socket would be opened again and again.
 */
export async function withDigests(records: readonly PackRecord[]): Promise<ReceivedRecord[]> {
  const added = records.map(async (record): Promise<ReceivedRecord> =>
    record.links === null && record.base === undefined
      ? { ...record, digest: await digestOf(record.bytes) }
      : record,
  );
  const all: ReceivedRecord[] = [];
  for (const one of added) all.push(await one);
  return all;
}
