import { decodeFusion, isPlaceOfUrl, type Fusion, type Hash } from '../../schema/index.js';
import type { Head } from '../content/catalog.js';
import type { VerifiedBlobs } from '../content/verified-blobs.js';
import { keepNewest } from '../keep-newest.js';
import type { Fusions } from './fusions.js';

/** A fusion with which pages start without the loader. */
export interface DirectFusion {
  readonly fusion: Fusion;
  /** Of its bytes. */
  readonly hash: Hash;
}

export interface DirectFusionsOptions {
  readonly fusions: Pick<Fusions, 'finished' | 'bytes' | 'byHash'>;
  readonly blobs: Pick<VerifiedBlobs, 'read'>;
}

/** Deploys that are remembered. */
const KEPT = 16;

/**
 * What a module cannot do before the loader runs: start a worker or worklet of its deploy, and call `modcast`.
 * The keys of runs begin with `modcast:`.
 */
const NEEDS_LOADER = /\b(?:Worker|SharedWorker|addModule|serviceWorker)\b|(?<![\w-])modcast(?![\w:-])/;

const decoder = new TextDecoder();

/** Finds the fusions of deploys whose pages can start without the loader. */
export class DirectFusions {
  readonly #options: DirectFusionsOptions;
  readonly #known = new Map<Hash, Promise<DirectFusion | undefined>>();
  readonly #decoded = new Map<Hash, Fusion>();

  constructor(options: DirectFusionsOptions) {
    this.#options = options;
  }

  /** Undefined while not all runs are joined, and for a deploy that needs the loader. */
  async of(head: Head): Promise<DirectFusion | undefined> {
    const finished = await this.#options.fusions.finished(head.deploy.manifest);
    if (finished === undefined || finished.fusion.runs.length === 0) return undefined;
    const { hash } = finished;
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const found = this.#find(head, hash);
    found.catch(() => this.#known.delete(hash));
    return keepNewest(this.#known, hash, found, KEPT);
  }

  /** A fusion by its hash, also of an older deploy; undefined if it is not known any more. */
  async byHash(hash: Hash): Promise<Fusion | undefined> {
    const known = this.#decoded.get(hash);
    if (known !== undefined) return known;
    if ((await this.#options.fusions.byHash(hash)) === undefined) return undefined;
    const bytes = await this.#options.fusions.bytes(hash);
    return bytes && keepNewest(this.#decoded, hash, decodeFusion(bytes), KEPT);
  }

  async #find({ manifest }: Head, hash: Hash): Promise<DirectFusion | undefined> {
    const fusion = await this.byHash(hash);
    if (fusion === undefined) return undefined;
    const { fusions, blobs } = this.#options;
    for (const run of fusion.runs) {
      const bytes = run.hash === null ? undefined : await fusions.bytes(run.hash);
      if (bytes === undefined || NEEDS_LOADER.test(decoder.decode(bytes))) return undefined;
    }
    const members = new Set(fusion.runs.flatMap((run) => run.members));
    const singles = [...fusion.runs.flatMap((run) => run.modules), ...[...fusion.order.values()].flat()];
    const hashes = singles.flatMap((path) =>
      isPlaceOfUrl(path) || members.has(path) ? [] : (manifest.modules.get(path)?.hash ?? []),
    );
    for (const { bytes } of (await blobs.read([...new Set(hashes)])).values())
      if (NEEDS_LOADER.test(decoder.decode(bytes))) return undefined;
    return { fusion, hash };
  }
}
