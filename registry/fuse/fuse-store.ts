import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { PLACEHOLDER_ROOT } from '../../importmap/index.js';
import { decodeFusion, type Fusion, type Hash } from '../../schema/index.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import { blake3 } from '../hash.js';
import { JOIN_VERSION } from './join.js';
import { RECORD_VERSION } from './module-record.js';
import { PLAN_VERSION } from './plan.js';

export interface StoredRun {
  readonly hash: Hash;
  /** SHA-256. */
  readonly digest: Hash;
  readonly size: number;
}

/** A fusion with its bytes. */
export interface StoredFusion {
  readonly fusion: Pick<Fusion, 'manifest' | 'runs'>;
  readonly hash: Hash;
  readonly bytes: Uint8Array;
}

const RECORDS_AT_ONCE = 200;

/** What was made to join modules. All of it can be dropped at any time, and is then made again. */
export class FuseStore {
  readonly #derived: DerivedBlobs;
  readonly #fusionVersion: string;
  /** Runs by what they are made of. */
  readonly #runs = new Map<Hash, StoredRun>();

  /** @param root a URL that stands for the site's: imports of the site depend on it */
  constructor(
    derived: DerivedBlobs,
    readonly root: string = PLACEHOLDER_ROOT,
  ) {
    this.#derived = derived;
    this.#fusionVersion = `${PLAN_VERSION} ${JOIN_VERSION} ${root}`;
  }

  /** @param key names what the run is made of */
  async run(key: Hash): Promise<StoredRun | undefined> {
    const known = this.#runs.get(key);
    if (known !== undefined) return known;
    const [item] = await this.#derived.items('run', [key], JOIN_VERSION);
    if (item === undefined) return undefined;
    const run = storedRun(item.hash, item.bytes);
    this.#runs.set(key, run);
    return run;
  }

  /** Looks which runs are still there: others have to be joined again. */
  async forgetLost(): Promise<void> {
    for (const [key, { hash }] of this.#runs) {
      if ((await this.#derived.read(hash)) === undefined) this.#runs.delete(key);
    }
  }

  async putRun(key: Hash, bytes: Uint8Array): Promise<StoredRun> {
    const run = storedRun(blake3(bytes), bytes);
    await this.#derived.put([{ kind: 'run', key, version: JOIN_VERSION, hash: run.hash, bytes, needs: [] }]);
    this.#runs.set(key, run);
    return run;
  }

  /** The fusion of a manifest, with all of its runs. */
  async fusion(manifest: Hash): Promise<StoredFusion | undefined> {
    const [item] = await this.#derived.items('fusion', [manifest], this.#fusionVersion);
    return item === undefined ? undefined : decoded(item.hash, item.bytes);
  }

  /** A fusion by the hash of its bytes. */
  async fusionByHash(hash: Hash): Promise<StoredFusion | undefined> {
    const bytes = await this.#derived.read(hash);
    return bytes === undefined ? undefined : decoded(hash, bytes);
  }

  async putFusion({ fusion, hash, bytes }: StoredFusion): Promise<void> {
    const needs = fusion.runs.flatMap((run) => run.hash ?? []);
    await this.#derived.put([
      { kind: 'fusion', key: fusion.manifest, version: this.#fusionVersion, hash, bytes, needs },
    ]);
  }

  /** Drops a fusion, and the runs that another one does not need. */
  async replace(manifest: Hash, except: Hash): Promise<void> {
    const items = await this.#derived.items('fusion', [manifest, except], this.#fusionVersion);
    const old = items.find(({ key }) => key === manifest);
    const kept = items.find(({ key }) => key === except);
    if (old === undefined || kept === undefined) return;
    const needed = new Set(kept.needs);
    const dropped = new Set(old.needs.filter((hash) => !needed.has(hash)));
    const keys = [...this.#runs].flatMap(([key, { hash }]) => (dropped.has(hash) ? [key] : []));
    for (const key of keys) this.#runs.delete(key);
    await this.#derived.drop([
      { kind: 'fusion', key: manifest },
      ...keys.map((key) => ({ kind: 'run' as const, key })),
    ]);
  }

  /** Records of modules by the hash of their blob, encoded. */
  async records(hashes: readonly Hash[]): Promise<[Hash, Uint8Array][]> {
    const items = await this.#derived.items('record', hashes, RECORD_VERSION);
    return items.map(({ key, bytes }) => [key, bytes]);
  }

  /** Stores them in steps, so that others can use the store in between. */
  async putRecords(records: readonly (readonly [Hash, Uint8Array])[]): Promise<void> {
    for (let at = 0; at < records.length; at += RECORDS_AT_ONCE) {
      if (at > 0) await setImmediate();
      await this.#derived.put(
        records.slice(at, at + RECORDS_AT_ONCE).map(([key, bytes]) => ({
          kind: 'record',
          key,
          version: RECORD_VERSION,
          hash: blake3(bytes),
          bytes,
          needs: [],
        })),
      );
    }
  }
}

const storedRun = (hash: Hash, bytes: Uint8Array): StoredRun => ({
  hash,
  digest: createHash('sha256').update(bytes).digest('hex'),
  size: bytes.length,
});

function decoded(hash: Hash, bytes: Uint8Array): StoredFusion | undefined {
  try {
    const { manifest, runs } = decodeFusion(bytes);
    return { fusion: { manifest, runs }, hash, bytes };
  } catch {
    // Bytes of something else.
    return undefined;
  }
}
