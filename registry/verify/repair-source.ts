import { existsSync } from 'node:fs';
import { LIMITS, ModcastError, type Hash } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { openSqliteStore } from '../store/sqlite.js';

/** A source of intact bytes for damaged blobs. */
export interface RepairSource {
  /** Bytes that match the hash. Null when the source does not have them. */
  blob(hash: Hash): Promise<Uint8Array | null>;
  /** Its file, when it is a database: a copy of the damaged one can repair more than blobs. */
  readonly database?: string;
  close(): Promise<void>;
}

export interface RepairOptions {
  /** A token with the scope `read`, for blobs that are not public. */
  readonly token?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
}

/** Milliseconds to wait for a blob. */
const ANSWER_MS = 60_000;

const verified = (hash: Hash, bytes: Uint8Array | undefined): Uint8Array | null =>
  bytes !== undefined && blake3(bytes) === hash ? bytes : null;

/** @throws ModcastError `database-missing`, and the codes of opening a store */
async function databaseSource(file: string): Promise<RepairSource> {
  // Opening would create it.
  if (!existsSync(file)) {
    throw new ModcastError('database-missing', `no such database: ${file}`, {
      expected: 'a database',
      found: file,
    });
  }
  const store = await openSqliteStore(file, { create: false });
  return {
    database: file,
    blob: async (hash) => verified(hash, (await store.blobs([hash]))[0]?.bytes),
    close: () => store.close(),
  };
}

async function boundedBody(response: Response): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    pieces.push(piece as Uint8Array);
    length += (piece as Uint8Array).length;
    if (length > LIMITS.blobBytes) return undefined;
  }
  return Buffer.concat(pieces);
}

/** @param url of a registry's routes, `https://host/-/`, or of its site's root */
function registrySource(url: string, { token, fetch = globalThis.fetch }: RepairOptions): RepairSource {
  const base = url.endsWith('/') ? url : `${url}/`;
  const prefix = base.endsWith('/-/') ? base : `${base}-/`;
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return {
    async blob(hash) {
      try {
        const signal = AbortSignal.timeout(ANSWER_MS);
        const response = await fetch(`${prefix}blobs/${hash}`, { headers, signal });
        if (response.ok) return verified(hash, await boundedBody(response));
        await response.body?.cancel();
        return null;
      } catch (cause) {
        const reason =
          cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
        throw new ModcastError('server-unreachable', `${prefix} does not answer: ${reason}`, {
          found: url,
          cause,
        });
      }
    },
    close: async () => {},
  };
}

/**
 * @param place a database file, or the `http(s)` URL of a registry
 * @throws ModcastError `database-missing`, and the codes of opening a store
 */
export async function openRepairSource(place: string, options: RepairOptions = {}): Promise<RepairSource> {
  return /^https?:\/\//i.test(place) ? registrySource(place, options) : databaseSource(place);
}
