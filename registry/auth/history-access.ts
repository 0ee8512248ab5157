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

interface PublicManifest {
  readonly hash: Hash;
  readonly read: () => Promise<Manifest | null>;
}

/** Whether any deploy contains a blob. */
export async function isDeployed(store: Store, hash: Hash): Promise<boolean> {
  for (const channel of await store.channels()) {
    if ((await store.visible(channel, [hash])).has(hash)) return true;
  }
  return false;
}

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
    if (deploy === null || this.#options.publicHistory) return 'public';
    for await (const { hash } of this.#publicManifests()) if (hash === deploy.manifest) return 'public';
    return this.#token(request);
  }

  /** @throws ModcastError `token-required` and the others of `authorize` */
  async blob(request: Request, hash: Hash): Promise<Grant> {
    if (this.#options.publicHistory) return 'public';
    for await (const { read } of this.#publicManifests()) {
      const manifest = await read();
      if (manifest !== null && this.#hashesOf(manifest).has(hash)) return 'public';
    }
    return (await isDeployed(this.#options.store, hash)) ? this.#token(request) : 'public';
  }

  async #token(request: Request): Promise<Grant> {
    await authorize(this.#options.store, request, 'read', this.#options.now());
    return 'token';
  }

  async *#publicManifests(): AsyncGenerator<PublicManifest> {
    const { store, catalog, readers, now } = this.#options;
    for (const channel of await store.channels()) {
      const head = await catalog.head(channel);
      if (head !== null) yield { hash: head.deploy.manifest, read: async () => head.manifest };
    }
    this.#past = this.#past.filter(({ until }) => until > now());
    for (const { deploy } of this.#past) {
      yield { hash: deploy.manifest, read: () => catalog.manifest(deploy) };
    }
    const seen = new Set<Hash>();
    for (const { channel, manifests } of readers()) {
      for (const hash of manifests) {
        if (channel === undefined || seen.has(hash)) continue;
        seen.add(hash);
        yield { hash, read: () => catalog.manifestOf(channel, hash) };
      }
    }
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
