import type { Hash } from '../../schema/hash.js';
import { manifestOfUrl } from '../../importmap/deploy-url.js';
import type { KeptFiles, TabDeploy } from './kept-files.js';
import type { ServiceWorkerScope } from './scope.js';

/**
 * Which deploy each page and worker runs. The browser ends a service worker when it is idle, so the list is
 * in the database too.
 */
export class Tabs {
  readonly #clients: ServiceWorkerScope['clients'];
  readonly #kept: Promise<KeptFiles>;
  readonly #deploys = new Map<string, TabDeploy>();
  /** Those of earlier runs. A page that is still loading is not among the open ones yet. */
  readonly #earlier = new Set<string>();
  readonly #stored: Promise<void>;

  constructor(clients: ServiceWorkerScope['clients'], kept: Promise<KeptFiles>) {
    this.#clients = clients;
    this.#kept = kept;
    this.#stored = this.#read().catch(() => {});
  }

  /** Undefined for a page of none. */
  async deploy(id: string): Promise<TabDeploy | undefined> {
    if (id === '') return undefined;
    if (!this.#deploys.has(id)) await this.#stored;
    const known = this.#deploys.get(id);
    if (known !== undefined) return known;
    // A module worker names its deploy. Chromium does not tell its identity when it starts.
    const client = await this.#clients.get(id);
    const manifest = client === undefined ? undefined : manifestOfUrl(client.url);
    return manifest === undefined ? undefined : this.named(manifest);
  }

  /** The deploy of a URL that names it: that of the page which has started the worker. */
  async named(manifest: Hash): Promise<TabDeploy> {
    await this.#stored;
    const same = [...this.#deploys.values()].find((deploy) => deploy.manifest === manifest);
    return same ?? { manifest, number: null };
  }

  /** Resolves when it is stored. From now on `deploy` knows it. */
  async set(id: string, deploy: TabDeploy): Promise<void> {
    if (id === '' || this.#deploys.get(id)?.manifest === deploy.manifest) return;
    this.#deploys.set(id, deploy);
    await (await this.#kept).putTab({ id, ...deploy });
  }

  /** The manifests of pages and workers that are open, or have been since this run began. */
  async inUse(): Promise<Set<Hash>> {
    await this.#stored;
    const open = await this.#clients.matchAll({ includeUncontrolled: true, type: 'all' });
    const ids = new Set(open.map(({ id }) => id));
    const closed = [...this.#earlier].filter((id) => !ids.has(id));
    for (const id of closed) {
      this.#earlier.delete(id);
      this.#deploys.delete(id);
    }
    await (await this.#kept).deleteTabs(closed);
    const workers = open.map(({ url }) => manifestOfUrl(url)).filter((hash) => hash !== undefined);
    return new Set([...[...this.#deploys.values()].map(({ manifest }) => manifest), ...workers]);
  }

  async #read(): Promise<void> {
    for (const { id, ...deploy } of await (await this.#kept).tabs()) {
      if (this.#deploys.has(id)) continue;
      this.#deploys.set(id, deploy);
      this.#earlier.add(id);
    }
  }
}
