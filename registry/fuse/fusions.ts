import type { Channel, Hash } from '../../schema/index.js';
import type { Catalog, Head } from '../content/catalog.js';
import type { PastDeploys } from '../content/past-deploys.js';
import type { SentFusion } from '../content/shipment.js';
import { debug } from '../debug.js';
import type { Deploy } from '../store/store.js';
import { within } from '../clock.js';
import { keepNewest } from '../keep-newest.js';
import type { StoredFusion } from './fuse-store.js';
import type { FuseControl } from './fuser.js';
import type { FusionsOptions } from './fusions-options.js';
import { Quiet } from './quiet.js';
import { RunOwners, type RunOwner } from './run-owners.js';

/** Fusions that are kept in memory: clients name the one that they have. */
const KEPT = 64;

/** Milliseconds that a page waits for the plan of a deploy that was just made. */
const PLAN_MS = 200;

/** Milliseconds that a new deploy of a channel that is not watched waits until its runs are joined. */
const JOIN_MS = 30_000;

/** What waits for all runs of a deploy. */
interface Asked {
  readonly head: Head;
  readonly fused: Promise<SentFusion | null>;
  readonly settle: (fused: SentFusion | null) => void;
}

/**
 * The fusions of the heads of all channels, made in the background when a head moves. One deploy is fused at
 * a time, and of each channel only the newest: so rapid saves leave nothing behind that is obsolete.
 */
export class Fusions {
  readonly #options: FusionsOptions;
  readonly #quiet: Quiet;
  readonly #planned = new Map<Hash, Promise<SentFusion | null>>();
  readonly #done = new Map<Hash, SentFusion>();
  readonly #owners = new RunOwners();
  /** Fusions whose runs are being made again, by manifest. */
  readonly #restoring = new Map<Hash, Promise<unknown>>();
  /** The newest manifest of each channel. */
  readonly #newest = new Map<Channel, Hash>();
  /** Heads that are to be fused, of each channel the newest. */
  readonly #waiting = new Map<Channel, Head>();
  readonly #asked = new Map<Hash, Asked>();
  readonly #listeners: ((head: Head, fused: SentFusion) => void)[] = [];
  /** Channels of which something is joined. */
  readonly #joined = new Set<Channel>();
  #isWorking = false;
  #started: (() => void) | undefined;
  /** The manifest of the watched channel whose fusion is stored. */
  #storedOfWatched: Hash | undefined;
  #catalog: Pick<Catalog, 'manifest' | 'head'> | undefined;
  #isClosed = false;

  constructor(options: FusionsOptions) {
    this.#options = options;
    this.#quiet = new Quiet(options.clock);
    if (options.watched !== null) this.#started = this.#quiet.starts();
  }

  /**
   * Starts with the heads that a catalog serves, and follows them.
   *
   * @param past for pages that run older deploys
   */
  follow(catalog: Pick<Catalog, 'onHead' | 'manifest' | 'head'>, past?: PastDeploys): void {
    this.#catalog = catalog;
    this.#owners.follow(catalog, past);
    if (!this.#options.joins) return;
    catalog.onHead((head) => {
      const { channel, manifest } = head.deploy;
      this.#owners.remember(head.deploy);
      this.#newest.set(channel, manifest);
      if (this.#done.has(manifest)) this.#waiting.delete(channel);
      else this.#waiting.set(channel, head);
      if (this.needsMembers(channel)) this.#quiet.saves();
      void this.#work();
    });
  }

  /** Calls back when all runs of the head of a channel are joined. */
  onFused(listener: (head: Head, fused: SentFusion) => void): void {
    this.#listeners.push(listener);
  }

  /** Joins the head that a channel has now, in the background. */
  begin(channel: Channel): void {
    this.#catalog!.head(channel).catch((error: unknown) => {
      if (!this.#isClosed) this.#options.onError(error);
    });
  }

  /** Work that does not end because the registry closes is no error. */
  close(): void {
    this.#isClosed = true;
  }

  /** Whether pages of the channel also need the single modules. */
  needsMembers = (channel: Channel): boolean => channel === this.#options.watched;

  /** A fusion that a client has; undefined if it is too old to be known. */
  async byHash(hash: Hash): Promise<SentFusion | undefined> {
    const known = this.#owners.fusion(hash);
    if (known !== undefined) return known;
    const stored = await this.#options.store.fusionByHash(hash);
    return stored === undefined ? undefined : this.#keep(stored);
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
  async soon(head: Head): Promise<SentFusion | null> {
    const { manifest, number } = head.deploy;
    this.#owners.remember(head.deploy);
    const found = this.#done.get(manifest) ?? (await within(this.#options.clock, PLAN_MS, this.#plan(head)));
    const runs = found?.fusion.runs ?? [];
    const joined = runs.filter(({ hash }) => hash !== null).length;
    debug.fuse('a page gets deploy %d with %d of %d runs', number, joined, runs.length);
    return found;
  }

  /** The same, with all runs, which may take seconds. For those who still have something to run. */
  async whole(head: Head): Promise<SentFusion | null> {
    const { manifest } = head.deploy;
    this.#owners.remember(head.deploy);
    const done = this.#done.get(manifest);
    if (done !== undefined) return done;
    let asked = this.#asked.get(manifest);
    if (asked === undefined) {
      let settle!: Asked['settle'];
      const fused = new Promise<SentFusion | null>((resolve) => (settle = resolve));
      this.#asked.set(manifest, (asked = { head, fused, settle }));
    }
    this.#quiet.hurry();
    void this.#work();
    return within(this.#options.clock, JOIN_MS, asked.fused);
  }

  /** The bytes of a run or a fusion of a known deploy. They are made again if they were dropped. */
  async bytes(hash: Hash): Promise<Uint8Array | undefined> {
    const { derived, joins, onError } = this.#options;
    const found = await derived.read(hash);
    if (found !== undefined || !joins) return found;
    const target = await this.owner(hash);
    if (target === undefined) return undefined;
    const { manifest: key } = target.deploy;
    let restoring = this.#restoring.get(key);
    if (restoring === undefined) {
      debug.fuse('deploy %d is fused again: its runs were dropped', target.deploy.number);
      restoring = this.#options.store
        .forgetLost()
        .then(() => this.#options.fuser.fuse(target))
        .then((fused) => fused && this.#keep(fused), onError)
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
    if (!this.#options.joins) return undefined;
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

  /**
   * The newest known deploy that has a run, or whose fusion it is; `name` is that of the run.
   *
   * @param prefers the newest of these, if there is one
   */
  owner(hash: Hash, prefers?: (deploy: Deploy) => Promise<boolean>): Promise<RunOwner | undefined> {
    return this.#owners.of(hash, this, prefers);
  }

  /** The hashes of known fusions, the newest last. */
  known(): Promise<Hash[]> {
    return this.#owners.all(this);
  }

  /** Keeps a deploy known that a page runs, however old. @returns to be called when the page is gone */
  async recall(deploy: Deploy): Promise<() => void> {
    const fused = await this.finished(deploy.manifest);
    return fused === undefined ? () => {} : this.#owners.hold(deploy, fused);
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
  async #fuse(head: Head): Promise<SentFusion | null | undefined> {
    const { deploy } = head;
    const { store, fuser, onError } = this.#options;
    const isAsked = () => this.#asked.has(deploy.manifest);
    const control: FuseControl = {
      isOld: () => this.#newest.get(deploy.channel) !== deploy.manifest && !isAsked(),
      pause: () => (this.#asked.size > 0 ? Promise.resolve() : this.#quiet.wait()),
    };
    try {
      // The save itself goes first: clients hear of it after this.
      await control.pause();
      if (control.isOld()) return undefined;
      const fused = (await store.fusion(deploy.manifest)) ?? (await fuser.fuse(head, control));
      if (fused === null) return undefined;
      debug.fuse('deploy %d is fused: %d runs', deploy.number, fused.fusion.runs.length);
      const sent = this.#keep(fused, deploy.channel);
      keepNewest(this.#done, deploy.manifest, sent, KEPT);
      for (const listener of this.#listeners) listener(head, sent);
      if (this.needsMembers(deploy.channel)) await this.#replaceStored(deploy.manifest);
      return sent;
    } catch (error) {
      if (!this.#isClosed) onError(error);
      return null;
    }
  }

  #plan(head: Head): Promise<SentFusion | null> {
    const { manifest, channel } = head.deploy;
    const known = this.#planned.get(manifest);
    if (known !== undefined) return known;
    const { store, fuser, onError } = this.#options;
    // Before anything is joined, a plan takes long, and says that all modules are single.
    const isKnown = this.#joined.has(channel);
    const planned = store
      .fusion(manifest)
      .then((stored) => stored ?? (isKnown ? fuser.plan(head) : null))
      .then(
        (fused) => fused && this.#keep(fused, channel),
        (error: unknown) => {
          if (!this.#isClosed) onError(error);
          return null;
        },
      );
    if (isKnown) void keepNewest(this.#planned, manifest, planned, KEPT);
    return planned;
  }

  /** A directory has a deploy for every save. Only the newest fusion stays in the store. */
  async #replaceStored(manifest: Hash): Promise<void> {
    const before = this.#storedOfWatched;
    this.#storedOfWatched = manifest;
    if (before !== undefined && before !== manifest) await this.#options.store.replace(before, manifest);
  }

  /** Keeps what sessions need of a fusion: a large site's document has a megabyte. */
  #keep({ fusion: { manifest, runs }, hash, bytes }: StoredFusion, channel?: Channel): SentFusion {
    this.#options.derived.keep(hash, bytes);
    if (channel !== undefined && runs.some((run) => run.hash !== null)) this.#joined.add(channel);
    const fused: SentFusion = { fusion: { manifest, runs }, hash, size: bytes.length };
    return this.#owners.keep(fused);
  }
}
