import { manifestOfUrl } from '../../importmap/deploy-url.js';
import type { Hash } from '../../schema/hash.js';
import type { KeptFiles, Tab, TabDeploy } from './kept-files.js';
import type { Client, ServiceWorkerScope } from './scope.js';

/** Rows of pages and workers. The browser does not say when one has ended for good: it may come back. */
const KEPT_TABS = 200;

/**
 * Which deploy each page and worker runs. The browser ends a service worker when it is idle, so the list is
 * in the database too.
 */
export class Tabs {
  readonly #clients: ServiceWorkerScope['clients'];
  readonly #kept: Pick<KeptFiles, 'tabs' | 'putTab' | 'deleteTabs'>;
  readonly #deploys = new Map<string, TabDeploy>();
  /** Pages and workers that are about to open. The browser does not list them yet. */
  readonly #opening = new Set<string>();
  #stored: Promise<void> | undefined;

  constructor(
    clients: ServiceWorkerScope['clients'],
    kept: Pick<KeptFiles, 'tabs' | 'putTab' | 'deleteTabs'>,
  ) {
    this.#clients = clients;
    this.#kept = kept;
  }

  /** Undefined for a page of none. */
  async deploy(id: string): Promise<TabDeploy | undefined> {
    if (id === '') return undefined;
    if (!this.#deploys.has(id)) await this.#read();
    const known = this.#deploys.get(id);
    if (known !== undefined) return known;
    // Chromium does not tell the identity of a worker when it starts.
    const client = await this.#clients.get(id);
    if (client === undefined) return undefined;
    const manifest = manifestOfUrl(client.url);
    return manifest === undefined ? this.#ofCreator(client) : this.named(manifest);
  }

  /** The deploy of a URL that names it: that of the page which has started the worker. */
  async named(manifest: Hash): Promise<TabDeploy> {
    await this.#read();
    const same = [...this.#deploys.values()].findLast((deploy) => deploy.manifest === manifest);
    return same ?? { manifest, number: null, embedder: null };
  }

  /** Resolves when it is stored. From now on `deploy` knows it. */
  async set(id: string, deploy: TabDeploy): Promise<void> {
    if (id === '' || this.#deploys.get(id)?.manifest === deploy.manifest) return;
    // The last one: `named` takes the newest.
    this.#deploys.delete(id);
    this.#deploys.set(id, deploy);
    await this.#kept.putTab({ id, ...deploy, time: Date.now() });
  }

  /** The same for a page or worker that the answer to a request becomes. */
  opens(id: string, deploy: TabDeploy): Promise<void> {
    if (id !== '') this.#opening.add(id);
    return this.set(id, deploy);
  }

  /** The manifests of pages and workers that are open, or about to open. */
  async inUse(): Promise<Set<Hash>> {
    await this.#read();
    const open = await this.#clients.matchAll({ includeUncontrolled: true, type: 'all' });
    for (const { id } of open) this.#opening.delete(id);
    const deploys = await Promise.all(open.map(({ id }) => this.deploy(id)));
    const opening = [...this.#opening].map((id) => this.#deploys.get(id));
    return new Set([...deploys, ...opening].flatMap((deploy) => deploy?.manifest ?? []));
  }

  /** A worker or frame without a URL of its own runs the deploy of its page, if that can be only one. */
  async #ofCreator({ url }: Client): Promise<TabDeploy | undefined> {
    if (!/^(?:blob|about|data):/.test(url)) return undefined;
    const open = await this.#clients.matchAll({ includeUncontrolled: true, type: 'all' });
    const deploys = open.flatMap(({ id }) => this.#deploys.get(id) ?? []);
    return deploys.every(({ manifest }) => manifest === deploys[0]!.manifest) ? deploys[0] : undefined;
  }

  #read(): Promise<void> {
    this.#stored ??= this.#readStored().catch(() => {});
    return this.#stored;
  }

  async #readStored(): Promise<void> {
    const rows: Tab[] = await this.#kept.tabs();
    for (const { id, manifest, number, embedder } of rows) {
      if (!this.#deploys.has(id)) this.#deploys.set(id, { manifest, number, embedder });
    }
    const old = rows.toSorted((a, b) => b.time - a.time).slice(KEPT_TABS);
    if (old.length > 0) await this.#kept.deleteTabs(old.map(({ id }) => id));
  }
}
