import { LIMITS, type Channel, type Hash, type Manifest } from '../../schema/index.js';
import { authorize } from './authorize.js';
import type { Catalog } from '../content/catalog.js';
import type { Deploy, Store } from '../store/store.js';

/** A connected page, with the hashes of the manifests it was sent. */
export interface Reader {
  readonly channel: Channel | undefined;
  readonly manifests: ReadonlySet<Hash>;
}

export interface HistoryAccessOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly readers: () => Iterable<Reader>;
  /** Whether the whole history is public. */
  readonly publicHistory: boolean;
  readonly now: () => number;
  /** Milliseconds that a former head stays public: pages may still be loading it. */
  readonly pastHeadMs?: number;
}

/** Why a request may read something: it is public, or the request has a token for it. */
export type Grant = 'public' | 'token';

/**
 * Decides which part of the history a request may read. Public are the channels' heads, recent heads, and the
 * deploys that connected pages were sent. The rest needs a token with the scope `read`.
 */
export class HistoryAccess {
  readonly #options: HistoryAccessOptions;
  readonly #pastHeadMs: number;
  readonly #heads = new Map<Channel, Deploy>();
  /** Oldest first. */
  #past: { readonly deploy: Deploy; readonly until: number }[] = [];
  readonly #hashes = new WeakMap<Manifest, ReadonlySet<Hash>>();

  constructor(options: HistoryAccessOptions) {
    this.#options = options;
    this.#pastHeadMs = options.pastHeadMs ?? LIMITS.pastHeadMs;
    options.catalog.onHead(({ deploy }) => {
      const before = this.#heads.get(deploy.channel);
      this.#heads.set(deploy.channel, deploy);
      if (before !== undefined) this.#past.push({ deploy: before, until: options.now() + this.#pastHeadMs });
    });
  }

  /** @throws ModcastError `token-required` and the others of `authorize` */
  async deploy(request: Request, deploy: Deploy | null): Promise<Grant> {
    // That a deploy does not exist is public.
    if (deploy === null) return 'public';
    const matches = (manifest: Hash) => manifest === deploy.manifest;
    if (this.#options.publicHistory || (await this.#somePublic(matches, () => false))) return 'public';
    return this.#token(request);
  }

  /** @throws ModcastError `token-required` and the others of `authorize` */
  async blob(request: Request, hash: Hash): Promise<Grant> {
    const names = (manifest: Manifest) => this.#hashesOf(manifest).has(hash);
    if (this.#options.publicHistory || (await this.#somePublic(() => false, names))) return 'public';
    return (await this.#isNamed(hash)) ? this.#token(request) : 'public';
  }

  /** Whether any deploy contains a blob. */
  async #isNamed(hash: Hash): Promise<boolean> {
    const { store } = this.#options;
    for (const channel of await store.channels()) {
      if ((await store.visible(channel, [hash])).has(hash)) return true;
    }
    return false;
  }

  async #token(request: Request): Promise<Grant> {
    await authorize(this.#options.store, request, 'read', this.#options.now());
    return 'token';
  }

  /** Whether a public manifest matches, by its hash or by its content. */
  async #somePublic(
    byHash: (hash: Hash) => boolean,
    byContent: (manifest: Manifest) => boolean,
  ): Promise<boolean> {
    const { store, catalog, readers, now } = this.#options;
    for (const channel of await store.channels()) {
      const head = await catalog.head(channel);
      if (head !== null && (byHash(head.deploy.manifest) || byContent(head.manifest))) return true;
    }
    this.#past = this.#past.filter(({ until }) => until > now());
    for (const { deploy } of this.#past) {
      if (byHash(deploy.manifest) || byContent(await catalog.manifest(deploy))) return true;
    }
    const seen = new Set<Hash>();
    for (const { channel, manifests } of readers()) {
      for (const hash of manifests) {
        if (channel === undefined || seen.has(hash)) continue;
        seen.add(hash);
        if (byHash(hash)) return true;
        const manifest = await catalog.manifestOf(channel, hash);
        if (manifest !== null && byContent(manifest)) return true;
      }
    }
    return false;
  }

  #hashesOf(manifest: Manifest): ReadonlySet<Hash> {
    let hashes = this.#hashes.get(manifest);
    if (hashes === undefined) {
      hashes = new Set([...manifest.modules.values()].map((module) => module.hash));
      this.#hashes.set(manifest, hashes);
    }
    return hashes;
  }
}
