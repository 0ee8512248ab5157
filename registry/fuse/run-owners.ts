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

  fusion(hash: Hash): SentFusion | undefined {
    return this.#byHash.get(hash);
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
    return [...this.#byHash.keys()];
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
    for (const known of [...this.#byHash.values()].toReversed()) {
      const run = known.fusion.runs.find((each) => each.hash === hash);
      const deploy = this.#deploys.get(known.fusion.manifest);
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
