import type { Channel, Hash } from '../../schema/index.js';
import type { Clock } from '../clock.js';
import type { Catalog, Head } from '../content/catalog.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import { debug } from '../debug.js';
import type { FusedDeploy, Fuser } from './fuser.js';

export interface FusionsOptions {
  readonly fuser: Pick<Fuser, 'plan' | 'fuse' | 'sourceMap'>;
  readonly derived: DerivedBlobs;
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
  readonly planned: Promise<FusedDeploy | null>;
  /** With all runs. */
  readonly fused: Promise<FusedDeploy | null>;
}

/** The fusions of the heads of all channels: made in the background when a head moves. */
export class Fusions {
  readonly #options: FusionsOptions;
  readonly #work = new Map<Hash, Work>();
  readonly #done = new Map<Hash, FusedDeploy>();
  readonly #heads = new Map<Hash, Head>();
  readonly #byHash = new Map<Hash, FusedDeploy>();
  /** The newest manifest of each channel: runs of older ones are not joined any more. */
  readonly #newest = new Map<Channel, Hash>();

  constructor(options: FusionsOptions) {
    this.#options = options;
  }

  /** Starts with the heads that a catalog serves, and follows them. */
  follow(catalog: Catalog): void {
    catalog.onHead((head) => this.#start(head));
  }

  /** Whether pages of the channel also need the single modules. */
  needsMembers = (channel: Channel): boolean => channel === this.#options.watched;

  /** A fusion that a client has; undefined if it is too old to be known. */
  byHash(hash: Hash): FusedDeploy | undefined {
    return this.#byHash.get(hash);
  }

  /** The source map of a run of a deploy of late; null for another run. */
  async sourceMap(hash: Hash): Promise<string | null> {
    for (const { fusion } of this.#byHash.values()) {
      const run = fusion.runs.find((each) => each.hash === hash);
      const head = this.#heads.get(fusion.manifest);
      if (run !== undefined && head !== undefined) return this.#options.fuser.sourceMap(head, run.name);
    }
    return null;
  }

  /** What is joined of a deploy, as far as it is known soon. Null while nothing is. */
  async soon(head: Head): Promise<FusedDeploy | null> {
    const done = this.#done.get(head.deploy.manifest);
    if (done !== undefined) return done;
    return this.#within(PLAN_MS, this.#start(head).planned);
  }

  /** The same, with all runs, which may take seconds. For those who still have something to run. */
  async whole(head: Head): Promise<FusedDeploy | null> {
    const done = this.#done.get(head.deploy.manifest);
    return done ?? this.#within(JOIN_MS, this.#start(head).fused);
  }

  #start(head: Head): Work {
    const { deploy } = head;
    const known = this.#work.get(deploy.manifest);
    if (known !== undefined) return known;
    const { fuser, onError } = this.#options;
    this.#newest.set(deploy.channel, deploy.manifest);
    const isOld = () => this.#newest.get(deploy.channel) !== deploy.manifest;
    const caught = (error: unknown) => {
      onError(error);
      return null;
    };
    const planned = fuser.plan(head).then((fused) => this.#keep(fused), caught);
    const fused = planned
      .then((plan) => (plan === null || isWhole(plan) || isOld() ? plan : fuser.fuse(head)))
      .then((whole) => {
        if (whole === null) return null;
        if (!isWhole(whole)) return whole;
        debug.fuse('deploy %d is fused: %d runs', deploy.number, whole.fusion.runs.length);
        keep(this.#done, deploy.manifest, this.#keep(whole));
        return whole;
      })
      .catch(caught);
    const work = { planned, fused };
    keep(this.#work, deploy.manifest, work);
    keep(this.#heads, deploy.manifest, head);
    return work;
  }

  #keep(fused: FusedDeploy): FusedDeploy {
    this.#options.derived.put(fused.hash, fused.bytes);
    keep(this.#byHash, fused.hash, fused);
    return fused;
  }

  #within(ms: number, work: Promise<FusedDeploy | null>): Promise<FusedDeploy | null> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, () => resolve(null));
      void work.then((fused) => {
        timer.cancel();
        resolve(fused);
      });
    });
  }
}

const isWhole = ({ fusion }: FusedDeploy): boolean => fusion.runs.every(({ hash }) => hash !== null);

function keep<V>(map: Map<Hash, V>, key: Hash, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= KEPT) break;
    map.delete(oldest);
  }
}
