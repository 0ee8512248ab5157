import { LIMITS, type Channel, type Hash, type Manifest } from '../../schema/index.js';
import { authorize } from './authorize.js';
import type { DeploysInUse } from './deploys-in-use.js';
import type { Catalog } from '../content/catalog.js';
import type { Deploy, Store } from '../store/store.js';

export interface HistoryAccessOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly inUse: DeploysInUse;
  /** Whether the whole history is public. */
  readonly publicHistory: boolean;
  readonly now: () => number;
  /** Milliseconds that a former head stays public: pages may still be loading it. */
  readonly pastHeadMs?: number;
}

/** Why a request may read something: it is public, or the request has a token for it. */
export type Grant = 'public' | 'token';

/** A former head, which is public for some time. */
interface PastHead {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Hashes that are looked up before other work runs. */
const LOOKUPS = 1000;

/** Whether any deploy contains a blob. */
export async function isDeployed(store: Store, hash: Hash): Promise<boolean> {
  for (const channel of await store.channels()) {
    if ((await store.visible(channel, [hash])).has(hash)) return true;
  }
  return false;
}

/**
 * Decides which part of the history can be read without a token: on each channel, the deploys from the oldest
 * one in use on. In use are the head, the heads of the last hour, and the deploys that connected pages were
 * sent. A page that runs an older deploy names its manifest, and that deploy alone is public while the page
 * is connected. The rest needs a token with the scope `read`. HTTP, sockets and publishers follow this one
 * rule.
 */
export class HistoryAccess {
  readonly #options: HistoryAccessOptions;
  readonly #pastHeadMs: number;
  readonly #heads = new Map<Channel, Deploy>();
  /** Former heads of each channel, oldest first. */
  readonly #past = new Map<Channel, PastHead[]>();
  /** Channels whose former heads have been read from the store: the server may have been started again. */
  readonly #read = new Map<Channel, Promise<void>>();

  constructor(options: HistoryAccessOptions) {
    this.#options = options;
    this.#pastHeadMs = options.pastHeadMs ?? LIMITS.pastHeadMs;
    options.catalog.onHead(({ deploy }) => {
      const before = this.#heads.get(deploy.channel);
      this.#heads.set(deploy.channel, deploy);
      if (before === undefined) return;
      const past = this.#pastOf(deploy.channel);
      past.push({ number: before.number, until: options.now() + this.#pastHeadMs });
    });
  }

  /** @throws ModcastError `token-required` and the others of `authorize` */
  async deploy(request: Request, deploy: Deploy | null): Promise<Grant> {
    // That a deploy does not exist is public.
    return deploy === null || (await this.isPublic(deploy)) ? 'public' : this.#token(request);
  }

  /** Whether anyone may read it. The same manifest may be that of an old deploy and of a new one. */
  async isPublic({ manifest }: Pick<Deploy, 'manifest'>): Promise<boolean> {
    const { store } = this.#options;
    for (const channel of await store.channels()) {
      const newest = await store.deployOfManifest(channel, manifest);
      if (newest !== null && (await this.#isPublicOn(newest))) return true;
    }
    return false;
  }

  /** @throws ModcastError `token-required` and the others of `authorize` */
  async blob(request: Request, hash: Hash): Promise<Grant> {
    if ((await this.publicBlobs([hash])).has(hash)) return 'public';
    return (await isDeployed(this.#options.store, hash)) ? this.#token(request) : 'public';
  }

  /** The hashes that anyone may read. A blob that no deploy contains is not among them. */
  async publicBlobs(hashes: readonly Hash[]): Promise<Set<Hash>> {
    const found = new Set<Hash>();
    for (const channel of await this.#options.store.channels()) {
      const rest = hashes.filter((hash) => !found.has(hash));
      for (const hash of await this.visible(channel, rest)) found.add(hash);
      if (found.size === hashes.length) break;
    }
    return found;
  }

  /** The hashes that a page of the channel may ask for. */
  async visible(channel: Channel, hashes: readonly Hash[]): Promise<Set<Hash>> {
    const { store, inUse } = this.#options;
    const found = new Set<Hash>();
    const from = await this.#oldest(channel);
    for (let at = 0; at < hashes.length; at += LOOKUPS) {
      const page = await store.visible(channel, hashes.slice(at, at + LOOKUPS), from, inUse.single(channel));
      for (const hash of page) found.add(hash);
      if (at + LOOKUPS < hashes.length) await new Promise((resolve) => setImmediate(resolve));
    }
    return found;
  }

  /** A manifest that a page of the channel names. Null unless it is in the public part of the history. */
  async manifest(channel: Channel, hash: Hash): Promise<Manifest | null> {
    const { store, catalog } = this.#options;
    const deploy = await store.deployOfManifest(channel, hash);
    return deploy !== null && (await this.#isPublicOn(deploy)) ? catalog.manifest(deploy) : null;
  }

  /**
   * Makes the deploy that a connected page runs public, alone, until the returned function is called. Only
   * those to whom it was public know the hash of its manifest, and the channel must have had it: every deploy
   * of a channel was its head. Null where it had not.
   */
  async hold(channel: Channel, manifest: Hash): Promise<{ deploy: Deploy; release: () => void } | null> {
    const { store, inUse } = this.#options;
    const deploy = await store.deployOfManifest(channel, manifest);
    return deploy === null ? null : { deploy, release: inUse.holdOne(deploy) };
  }

  async #token(request: Request): Promise<Grant> {
    await authorize(this.#options.store, request, 'read', this.#options.now());
    return 'token';
  }

  async #isPublicOn({ channel, manifest, number }: Deploy): Promise<boolean> {
    return this.#options.inUse.isHeld(channel, manifest) || number >= (await this.#oldest(channel));
  }

  /** The number of the channel's oldest public deploy. */
  async #oldest(channel: Channel): Promise<number> {
    const { catalog, inUse, publicHistory, now } = this.#options;
    if (publicHistory) return 0;
    const head = await catalog.head(channel);
    const reading = this.#read.get(channel) ?? this.#readPast(channel);
    this.#read.set(channel, reading);
    await reading;
    const past = this.#pastOf(channel);
    while (past[0] !== undefined && past[0].until <= now()) past.shift();
    return Math.min(head?.deploy.number ?? Infinity, past[0]?.number ?? Infinity, inUse.oldest(channel));
  }

  /** Finds the former heads of the time before this process. */
  async #readPast(channel: Channel): Promise<void> {
    const { store, now } = this.#options;
    const found: PastHead[] = [];
    let next: Deploy | undefined;
    for (let isRecent = true; isRecent;) {
      const page: Deploy[] = await store.deploys({ channel, ...(next && { before: next.number }) });
      isRecent = page.length > 0;
      for (const deploy of page) {
        const until = next === undefined ? Infinity : next.time + this.#pastHeadMs;
        isRecent = until > now();
        if (!isRecent) break;
        if (next !== undefined) found.unshift({ number: deploy.number, until });
        next = deploy;
      }
    }
    const known = this.#pastOf(channel);
    const numbers = new Set(known.map(({ number }) => number));
    known.unshift(...found.filter(({ number }) => !numbers.has(number)));
  }

  #pastOf(channel: Channel): PastHead[] {
    const past = this.#past.get(channel) ?? [];
    this.#past.set(channel, past);
    return past;
  }
}
