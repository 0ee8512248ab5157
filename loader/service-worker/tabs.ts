import type { Hash } from '../../schema/hash.js';
import { manifestOfUrl } from '../../importmap/deploy-url.js';
import type { KeptFiles } from './kept-files.js';
import type { ServiceWorkerScope } from './scope.js';

/**
 * Which deploy each page and worker runs. The browser ends a service worker when it is idle, so the list is
 * in the database too.
 */
export class Tabs {
  readonly #clients: ServiceWorkerScope['clients'];
  readonly #kept: Promise<KeptFiles>;
  readonly #manifests = new Map<string, Hash>();
  /** Those of earlier runs. A page that is still loading is not among the open ones yet. */
  readonly #earlier = new Set<string>();
  readonly #stored: Promise<void>;

  constructor(clients: ServiceWorkerScope['clients'], kept: Promise<KeptFiles>) {
    this.#clients = clients;
    this.#kept = kept;
    this.#stored = this.#read().catch(() => {});
  }

  /** Undefined for a page of none. */
  async manifest(id: string): Promise<Hash | undefined> {
    if (id === '') return undefined;
    if (!this.#manifests.has(id)) await this.#stored;
    const known = this.#manifests.get(id);
    if (known !== undefined) return known;
    // A module worker names its deploy. Chromium does not tell its identity when it starts.
    const client = await this.#clients.get(id);
    const named = client && manifestOfUrl(client.url);
    if (named !== undefined) this.#manifests.set(id, named);
    return named;
  }

  /** Resolves when it is stored. From now on `manifest` knows it. */
  async set(id: string, manifest: Hash): Promise<void> {
    if (id === '' || this.#manifests.get(id) === manifest) return;
    this.#manifests.set(id, manifest);
    await (await this.#kept).putTab({ id, manifest });
  }

  /** The manifests of pages and workers that are open, or have been since this run began. */
  async inUse(): Promise<Set<Hash>> {
    await this.#stored;
    const open = await this.#clients.matchAll({ includeUncontrolled: true, type: 'all' });
    const ids = new Set(open.map(({ id }) => id));
    const closed = [...this.#earlier].filter((id) => !ids.has(id));
    for (const id of closed) {
      this.#earlier.delete(id);
      this.#manifests.delete(id);
    }
    await (await this.#kept).deleteTabs(closed);
    const workers = open.map(({ url }) => manifestOfUrl(url)).filter((hash) => hash !== undefined);
    return new Set([...this.#manifests.values(), ...workers]);
  }

  async #read(): Promise<void> {
    for (const { id, manifest } of await (await this.#kept).tabs()) {
      if (this.#manifests.has(id)) continue;
      this.#manifests.set(id, manifest);
      this.#earlier.add(id);
    }
  }
}
