import { LIMITS, type Channel, type Hash, type Manifest } from '../../schema/index.js';
import { authorize } from './authorize.js';
import type { Catalog } from '../content/catalog.js';
import type { Deploy, Store } from '../store/store.js';

/** What a connected page has been given, by the hashes of manifests. */
export interface Reader {
  readonly channel: Channel | undefined;
  readonly manifests: ReadonlySet<Hash>;
}

export interface ExposureOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly readers: () => Iterable<Reader>;
  /** The whole history is for everybody. */
  readonly publicHistory: boolean;
  readonly now: () => number;
  /** Milliseconds for which a deploy that is no head any more stays open: pages may be half-way through it. */
  readonly pastHeadMs?: number;
}

/** How a request may see something: because everybody may, or because of its token. */
export type Grounds = 'public' | 'token';

/**
 * What of the history everybody may read: the channels' heads, what was a head a short while ago, and the deploys
 * that connected pages have been given. The rest needs a token with the scope `read`.
 */
export class Exposure {
  readonly #options: ExposureOptions;
  readonly #pastHeadMs: number;
  readonly #heads = new Map<Channel, Deploy>();
  /** Oldest first. */
  #past: { readonly deploy: Deploy; readonly until: number }[] = [];
  readonly #hashes = new WeakMap<Manifest, ReadonlySet<Hash>>();

  constructor(options: ExposureOptions) {
    this.#options = options;
    this.#pastHeadMs = options.pastHeadMs ?? LIMITS.pastHeadMs;
    options.catalog.onHead(({ deploy }) => {
      const before = this.#heads.get(deploy.channel);
      this.#heads.set(deploy.channel, deploy);
      if (before !== undefined) this.#past.push({ deploy: before, until: options.now() + this.#pastHeadMs });
    });
  }

  /** @throws ModcastError `token-required` and the others of `authorize` */
  async deploy(request: Request, deploy: Deploy | null): Promise<Grounds> {
    // That something does not exist is no secret.
    if (deploy === null) return 'public';
    const matches = (manifest: Hash) => manifest === deploy.manifest;
    if (this.#options.publicHistory || (await this.#some(matches, () => false))) return 'public';
    return this.#token(request);
  }

  /** @throws ModcastError `token-required` and the others of `authorize` */
  async blob(request: Request, hash: Hash): Promise<Grounds> {
    const names = (manifest: Manifest) => this.#hashesOf(manifest).has(hash);
    if (this.#options.publicHistory || (await this.#some(() => false, names))) return 'public';
    return (await this.#named(hash)) ? this.#token(request) : 'public';
  }

  /** Whether any deploy names a blob. */
  async #named(hash: Hash): Promise<boolean> {
    const { store } = this.#options;
    for (const channel of await store.channels()) {
      if ((await store.visible(channel, [hash])).has(hash)) return true;
    }
    return false;
  }

  async #token(request: Request): Promise<Grounds> {
    await authorize(this.#options.store, request, 'read', this.#options.now());
    return 'token';
  }

  /** Whether one of the open manifests is the one that is meant. */
  async #some(byHash: (hash: Hash) => boolean, byContent: (manifest: Manifest) => boolean): Promise<boolean> {
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
