import type { Channel, Hash } from '../../schema/index.js';
import type { Clock } from '../clock.js';
import type { Catalog, Head } from '../content/catalog.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import type { SentFusion } from '../content/shipment.js';
import { debug } from '../debug.js';
import type { Deploy } from '../store/store.js';
import type { FuseStore, StoredFusion } from './fuse-store.js';
import type { Fuser } from './fuser.js';

export interface FusionsOptions {
  readonly fuser: Pick<Fuser, 'plan' | 'fuse' | 'sourceMap'>;
  readonly store: Pick<FuseStore, 'fusion' | 'fusionByHash' | 'replace' | 'forgetLost'>;
  readonly derived: Pick<DerivedBlobs, 'read' | 'keep'>;
  readonly clock: Clock;
  /** The channel whose directory is watched: its pages also need the single modules. */
  readonly watched: Channel | null;
  readonly onError: (error: unknown) => void;
}

/** Fusions that are kept in memory: clients name the one that they have. */
const KEPT = 64;

/** Milliseconds that a page waits for the plan of a deploy that was just made. */
const PLAN_MS = 200;

/** Milliseconds that a new deploy of a channel that is not watched waits until its runs are joined. */
const JOIN_MS = 30_000;

interface Work {
  /** With the runs that were joined before. */
  readonly planned: Promise<SentFusion | null>;
  /** With all runs. */
  readonly fused: Promise<SentFusion | null>;
}

/** The fusions of the heads of all channels: made in the background when a head moves. */
export class Fusions {
  readonly #options: FusionsOptions;
  readonly #work = new Map<Hash, Work>();
  readonly #done = new Map<Hash, SentFusion>();
  readonly #byHash = new Map<Hash, SentFusion>();
  /** Deploys whose fusions are known, by manifest. */
  readonly #deploys = new Map<Hash, Deploy>();
  /** Fusions whose runs are being made again, by manifest. */
  readonly #restoring = new Map<Hash, Promise<unknown>>();
  /** The newest manifest of each channel: runs of older ones are not joined any more. */
  readonly #newest = new Map<Channel, Hash>();
  /** The manifest of the watched channel whose fusion is stored. */
  #storedOfWatched: Hash | undefined;
  #catalog: Pick<Catalog, 'manifest'> | undefined;
  #isClosed = false;

  constructor(options: FusionsOptions) {
    this.#options = options;
  }

  /** Starts with the heads that a catalog serves, and follows them. */
  follow(catalog: Catalog): void {
    this.#catalog = catalog;
    catalog.onHead((head) => this.#start(head));
  }

  /** Work that does not end because the registry closes is no error. */
  close(): void {
    this.#isClosed = true;
  }

  /** Whether pages of the channel also need the single modules. */
  needsMembers = (channel: Channel): boolean => channel === this.#options.watched;

  /** A fusion that a client has; undefined if it is too old to be known. */
  async byHash(hash: Hash): Promise<SentFusion | undefined> {
    const known = this.#byHash.get(hash);
    if (known !== undefined) return known;
    const stored = await this.#options.store.fusionByHash(hash);
    return stored === undefined ? undefined : this.#keep(stored);
  }

  /** What is joined of a deploy, as far as it is known soon. Null while nothing is. */
  async soon(head: Head): Promise<SentFusion | null> {
    const done = this.#done.get(head.deploy.manifest);
    if (done !== undefined) return done;
    return this.#within(PLAN_MS, this.#start(head).planned);
  }

  /** The same, with all runs, which may take seconds. For those who still have something to run. */
  async whole(head: Head): Promise<SentFusion | null> {
    const done = this.#done.get(head.deploy.manifest);
    return done ?? this.#within(JOIN_MS, this.#start(head).fused);
  }

  /** The bytes of a run or a fusion of a known deploy. They are made again if they were dropped. */
  async bytes(hash: Hash): Promise<Uint8Array | undefined> {
    const { derived, onError } = this.#options;
    const found = await derived.read(hash);
    if (found !== undefined) return found;
    const target = await this.owner(hash);
    if (target === undefined) return undefined;
    const { manifest: key } = target.deploy;
    let restoring = this.#restoring.get(key);
    if (restoring === undefined) {
      debug.fuse('deploy %d is fused again: its runs were dropped', target.deploy.number);
      restoring = this.#options.store
        .forgetLost()
        .then(() => this.#options.fuser.fuse(target))
        .then((fused) => this.#keep(fused), onError)
        .finally(() => this.#restoring.delete(key));
      this.#restoring.set(key, restoring);
    }
    await restoring;
    return derived.read(hash);
  }

  /**
   * The source map of a run, as JSON; its sources are paths of the manifest of its `owner`.
   *
   * @param hash of the run's bytes
   */
  async sourceMap(hash: Hash): Promise<string | undefined> {
    const owner = await this.owner(hash);
    return owner === undefined ? undefined : this.#options.fuser.sourceMap(owner.manifest, owner.name);
  }

  /** The fusion of a manifest, if all of its runs are joined. */
  async finished(manifest: Hash): Promise<SentFusion | undefined> {
    const done = this.#done.get(manifest);
    if (done !== undefined) return done;
    const stored = await this.#options.store.fusion(manifest);
    return stored === undefined ? undefined : this.#keep(stored);
  }

  /** The newest known deploy that has a run, or whose fusion it is; `name` is that of the run. */
  async owner(hash: Hash): Promise<(Head & { readonly name: string }) | undefined> {
    for (const known of [...this.#byHash.values()].toReversed()) {
      const run = known.fusion.runs.find((each) => each.hash === hash);
      const deploy = this.#deploys.get(known.fusion.manifest);
      if ((run === undefined && known.hash !== hash) || deploy === undefined) continue;
      const manifest = await this.#catalog!.manifest(deploy);
      // The deploy may have been collected.
      if (manifest.modules.size > 0) return { deploy, manifest, name: run?.name ?? '' };
    }
    return undefined;
  }

  #start(head: Head): Work {
    const { deploy } = head;
    const known = this.#work.get(deploy.manifest);
    if (known !== undefined) return known;
    const { fuser, store, onError } = this.#options;
    keep(this.#deploys, deploy.manifest, deploy);
    this.#newest.set(deploy.channel, deploy.manifest);
    const isOld = () => this.#newest.get(deploy.channel) !== deploy.manifest;
    const caught = (error: unknown) => {
      if (!this.#isClosed) onError(error);
      return null;
    };
    const planned = store
      .fusion(deploy.manifest)
      .then((stored) => stored ?? fuser.plan(head))
      .then((fused) => this.#keep(fused), caught);
    const fused = planned
      .then((plan) =>
        plan === null || isWhole(plan) || isOld()
          ? plan
          : fuser.fuse(head).then((whole) => this.#keep(whole)),
      )
      .then(async (whole) => {
        if (whole === null || !isWhole(whole)) return whole;
        debug.fuse('deploy %d is fused: %d runs', deploy.number, whole.fusion.runs.length);
        keep(this.#done, deploy.manifest, whole);
        if (this.needsMembers(deploy.channel)) await this.#replaceStored(deploy.manifest);
        return whole;
      })
      .catch(caught);
    const work = { planned, fused };
    keep(this.#work, deploy.manifest, work);
    return work;
  }

  /** A directory has a deploy for every save. Only the newest fusion stays in the store. */
  async #replaceStored(manifest: Hash): Promise<void> {
    const before = this.#storedOfWatched;
    this.#storedOfWatched = manifest;
    if (before !== undefined && before !== manifest) await this.#options.store.replace(before, manifest);
  }

  /** Keeps what sessions need of a fusion: a large site's document has a megabyte. */
  #keep({ fusion: { manifest, runs }, hash, bytes }: StoredFusion): SentFusion {
    this.#options.derived.keep(hash, bytes);
    const fused: SentFusion = { fusion: { manifest, runs }, hash, size: bytes.length };
    keep(this.#byHash, hash, fused);
    return fused;
  }

  #within(ms: number, work: Promise<SentFusion | null>): Promise<SentFusion | null> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, () => resolve(null));
      void work.then((fused) => {
        timer.cancel();
        resolve(fused);
      });
    });
  }
}

const isWhole = ({ fusion }: SentFusion): boolean => fusion.runs.every(({ hash }) => hash !== null);

function keep<V>(map: Map<Hash, V>, key: Hash, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= KEPT) break;
    map.delete(oldest);
  }
}
