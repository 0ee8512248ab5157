import type { Channel, Hash } from '../../schema/index.js';
import type { Clock } from '../clock.js';
import type { Catalog, Head } from '../content/catalog.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import { debug } from '../debug.js';
import type { FuseControl, FusedDeploy, Fuser } from './fuser.js';
import { Quiet } from './quiet.js';

export interface FusionsOptions {
  readonly fuser: Pick<Fuser, 'plan' | 'fuse'>;
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

/** What waits for all runs of a deploy. */
interface Asked {
  readonly head: Head;
  readonly fused: Promise<FusedDeploy | null>;
  readonly settle: (fused: FusedDeploy | null) => void;
}

/**
 * The fusions of the heads of all channels, made in the background when a head moves. One deploy is fused at a
 * time, and of each channel only the newest: so rapid saves leave nothing behind that is obsolete.
 */
export class Fusions {
  readonly #options: FusionsOptions;
  readonly #quiet: Quiet;
  readonly #planned = new Map<Hash, Promise<FusedDeploy | null>>();
  readonly #done = new Map<Hash, FusedDeploy>();
  readonly #byHash = new Map<Hash, FusedDeploy>();
  /** The newest manifest of each channel. */
  readonly #newest = new Map<Channel, Hash>();
  /** Heads that are to be fused, of each channel the newest. */
  readonly #waiting = new Map<Channel, Head>();
  readonly #asked = new Map<Hash, Asked>();
  /** Channels of which something is joined. */
  readonly #joined = new Set<Channel>();
  #isWorking = false;
  #started: (() => void) | undefined;

  constructor(options: FusionsOptions) {
    this.#options = options;
    this.#quiet = new Quiet(options.clock);
    if (options.watched !== null) this.#started = this.#quiet.starts();
  }

  /** Starts with the heads that a catalog serves, and follows them. */
  follow(catalog: Pick<Catalog, 'onHead'>): void {
    catalog.onHead((head) => {
      const { channel, manifest } = head.deploy;
      this.#newest.set(channel, manifest);
      if (this.#done.has(manifest)) this.#waiting.delete(channel);
      else this.#waiting.set(channel, head);
      if (this.needsMembers(channel)) this.#quiet.saves();
      void this.#work();
    });
  }

  /** Whether pages of the channel also need the single modules. */
  needsMembers = (channel: Channel): boolean => channel === this.#options.watched;

  /** A fusion that a client has; undefined if it is too old to be known. */
  byHash(hash: Hash): FusedDeploy | undefined {
    return this.#byHash.get(hash);
  }

  /**
   * A page of the channel boots: where a directory is watched, it goes first.
   *
   * @returns to be called when the page has booted, or is gone
   */
  boots(channel: Channel): () => void {
    if (!this.needsMembers(channel)) return () => {};
    const end = this.#quiet.boots();
    this.#started?.();
    return end;
  }

  /** What is joined of a deploy, as far as it is known soon. Null while nothing is. */
  async soon(head: Head): Promise<FusedDeploy | null> {
    const { manifest, channel, number } = head.deploy;
    // Before anything is joined, a plan takes long, and says that all modules are single.
    const isKnown = this.#joined.has(channel);
    const found =
      this.#done.get(manifest) ?? (isKnown ? await this.#within(PLAN_MS, this.#plan(head)) : null);
    const runs = found?.fusion.runs ?? [];
    const joined = runs.filter(({ hash }) => hash !== null).length;
    debug.fuse('a page gets deploy %d with %d of %d runs', number, joined, runs.length);
    return found;
  }

  /** The same, with all runs, which may take seconds. For those who still have something to run. */
  async whole(head: Head): Promise<FusedDeploy | null> {
    const { manifest } = head.deploy;
    const done = this.#done.get(manifest);
    if (done !== undefined) return done;
    let asked = this.#asked.get(manifest);
    if (asked === undefined) {
      let settle!: Asked['settle'];
      const fused = new Promise<FusedDeploy | null>((resolve) => (settle = resolve));
      this.#asked.set(manifest, (asked = { head, fused, settle }));
    }
    this.#quiet.hurry();
    void this.#work();
    return this.#within(JOIN_MS, asked.fused);
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let head = this.#next(); head !== undefined; head = this.#next()) {
      const { manifest } = head.deploy;
      const fused = this.#done.get(manifest) ?? (await this.#fuse(head));
      const asked = this.#asked.get(manifest);
      // It was asked for too late to go on.
      if (fused === undefined) continue;
      this.#asked.delete(manifest);
      asked?.settle(fused);
    }
    this.#isWorking = false;
  }

  #next(): Head | undefined {
    const [asked] = this.#asked.values();
    if (asked !== undefined) return asked.head;
    const [waiting] = this.#waiting.values();
    if (waiting !== undefined) this.#waiting.delete(waiting.deploy.channel);
    return waiting;
  }

  /** Null where it fails, undefined where it is obsolete. */
  async #fuse(head: Head): Promise<FusedDeploy | null | undefined> {
    const { deploy } = head;
    const isAsked = () => this.#asked.has(deploy.manifest);
    const control: FuseControl = {
      isOld: () => this.#newest.get(deploy.channel) !== deploy.manifest && !isAsked(),
      pause: () => (this.#asked.size > 0 ? Promise.resolve() : this.#quiet.wait()),
    };
    try {
      const fused = await this.#options.fuser.fuse(head, control);
      if (fused === null) return undefined;
      debug.fuse('deploy %d is fused: %d runs', deploy.number, fused.fusion.runs.length);
      keep(this.#done, deploy.manifest, this.#keep(fused, deploy.channel));
      return fused;
    } catch (error) {
      this.#options.onError(error);
      return null;
    }
  }

  #plan(head: Head): Promise<FusedDeploy | null> {
    const { manifest, channel } = head.deploy;
    const known = this.#planned.get(manifest);
    if (known !== undefined) return known;
    const planned = this.#options.fuser.plan(head).then(
      (fused) => this.#keep(fused, channel),
      (error: unknown) => {
        this.#options.onError(error);
        return null;
      },
    );
    keep(this.#planned, manifest, planned);
    return planned;
  }

  #keep(fused: FusedDeploy, channel: Channel): FusedDeploy {
    this.#options.derived.put(fused.hash, fused.bytes);
    keep(this.#byHash, fused.hash, fused);
    if (fused.fusion.runs.some(({ hash }) => hash !== null)) this.#joined.add(channel);
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

function keep<V>(map: Map<Hash, V>, key: Hash, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= KEPT) break;
    map.delete(oldest);
  }
}
