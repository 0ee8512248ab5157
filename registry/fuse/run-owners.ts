import type { Hash } from '../../schema/index.js';
import type { Catalog, Head } from '../content/catalog.js';
import type { PastDeploys } from '../content/past-deploys.js';
import type { SentFusion } from '../content/shipment.js';
import { keepNewest } from '../keep-newest.js';
import type { Deploy } from '../store/store.js';

/** The newest known deploy that has a run, and the run's name; the name is empty for a fusion. */
export type RunOwner = Head & { readonly name: string };

/** Finds stored fusions, and keeps them here. */
export interface StoredFusions {
  byHash(hash: Hash): Promise<SentFusion | undefined>;
  finished(manifest: Hash): Promise<SentFusion | undefined>;
}

/** Fusions and deploys that are remembered. */
const KEPT = 64;

/** Fusions that are read when a page asks for a run of the time before this process. */
const RECALLED = 32;

/** Which deploys have a run. */
export class RunOwners {
  readonly #byHash = new Map<Hash, SentFusion>();
  /** Deploys whose fusions are known, by manifest. */
  readonly #deploys = new Map<Hash, Deploy>();
  /** Of deploys that connected pages run, by manifest: these are never forgotten. */
  readonly #held = new Map<Hash, { readonly deploy: Deploy; readonly fused: SentFusion; uses: number }>();
  #catalog: Pick<Catalog, 'manifest'> | undefined;
  #past: PastDeploys | undefined;
  #recalled: Promise<void> | undefined;

  /** @param past for pages that run older deploys. Without it, only what was kept has owners */
  follow(catalog: Pick<Catalog, 'manifest'>, past: PastDeploys | undefined): void {
    this.#catalog = catalog;
    this.#past = past;
  }

  remember(deploy: Deploy): void {
    keepNewest(this.#deploys, deploy.manifest, deploy, KEPT);
  }

  keep(fused: SentFusion): SentFusion {
    return keepNewest(this.#byHash, fused.hash, fused, KEPT);
  }

  /** Keeps a deploy known that a page runs. @returns to be called when the page is gone */
  hold(deploy: Deploy, fused: SentFusion): () => void {
    const { manifest } = deploy;
    const held = this.#held.get(manifest) ?? { deploy, fused, uses: 0 };
    this.#held.set(manifest, held);
    held.uses++;
    return () => {
      held.uses--;
      if (held.uses === 0) this.#held.delete(manifest);
    };
  }

  fusion(hash: Hash): SentFusion | undefined {
    return this.#byHash.get(hash) ?? this.#fusions().find((fused) => fused.hash === hash);
  }

  /** Known ones, the newest last. */
  #fusions(): SentFusion[] {
    const held = [...this.#held.values()].map(({ fused }) => fused);
    return [...held.filter(({ hash }) => !this.#byHash.has(hash)), ...this.#byHash.values()];
  }

  /**
   * @param hash of a run or a fusion
   * @param prefers deploys that are better than the newest one
   */
  async of(
    hash: Hash,
    stored: StoredFusions,
    prefers: (deploy: Deploy) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<RunOwner | undefined> {
    const known = await this.#known(hash, prefers);
    if (known !== undefined || this.#past === undefined) return known;
    // A page may have started before this process, or many deploys ago.
    const fusion = await stored.byHash(hash);
    const deploy = fusion && (await this.#past.ofManifest(fusion.fusion.manifest));
    if (deploy) this.remember(deploy);
    if (fusion === undefined) await this.#recall(this.#past, stored);
    return this.#known(hash, prefers);
  }

  /** The hashes of the fusions of known deploys, the newest last. */
  async all(stored: StoredFusions): Promise<Hash[]> {
    if (this.#past !== undefined) await this.#recall(this.#past, stored);
    return this.#fusions().map(({ hash }) => hash);
  }

  #recall(past: PastDeploys, stored: StoredFusions): Promise<void> {
    this.#recalled ??= this.#readRecent(past, stored).catch((error: unknown) => {
      this.#recalled = undefined;
      throw error;
    });
    return this.#recalled;
  }

  async #readRecent(past: PastDeploys, stored: StoredFusions): Promise<void> {
    for (const deploy of (await past.recent(RECALLED)).toReversed())
      if ((await stored.finished(deploy.manifest)) !== undefined) this.remember(deploy);
  }

  async #known(hash: Hash, prefers: (deploy: Deploy) => Promise<boolean>): Promise<RunOwner | undefined> {
    let newest: RunOwner | undefined;
    for (const known of this.#fusions().toReversed()) {
      const run = known.fusion.runs.find((each) => each.hash === hash);
      const { manifest: key } = known.fusion;
      const deploy = this.#deploys.get(key) ?? this.#held.get(key)?.deploy;
      if ((run === undefined && known.hash !== hash) || deploy === undefined) continue;
      const isPreferred = await prefers(deploy);
      if (newest !== undefined && !isPreferred) continue;
      const manifest = await this.#catalog!.manifest(deploy);
      // The deploy may have been collected.
      if (manifest.modules.size === 0) continue;
      const owner = { deploy, manifest, name: run?.name ?? '' };
      if (isPreferred) return owner;
      newest = owner;
    }
    return newest;
  }
}
