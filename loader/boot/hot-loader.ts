import { HOT_TOPIC } from '../../schema/hot-news.js';
import type { Hot, HotPorts } from '../hot/ports.js';
import { importModule } from '../linking/import-module.js';
import type { PageDeploy } from '../linking/page-deploy.js';
import { installImportMap } from '../page/install-import-map.js';
import { loadScript } from '../page/load-script.js';
import type { Allowed } from '../page/policy.js';
import type { Services } from '../services.js';
import { fetchManifest } from '../transport/plain-files.js';

/** What the script of hot reload sets. */
export type CreateHot = (
  given: Omit<HotPorts, 'announce' | 'moved'> & Pick<Services, 'events' | 'page'>,
) => Hot;

/** Loads the script of hot reload where the server watches, and connects it to the page. */
export class HotLoader {
  readonly #services: Services;
  readonly #loading: Promise<CreateHot | undefined>;
  /** What the server has said under hot reload's topic before the script could listen. */
  readonly #news: unknown[] = [];

  /** @param trusted whether scripts can be set, once that is known */
  constructor(services: Services, trusted: Promise<boolean>) {
    this.#services = services;
    this.#loading = trusted
      .then((can) => (can ? loadScript<CreateHot>(services.config, 'hot', services.config.hot) : undefined))
      .catch(() => undefined);
    const stop = services.topics.on(HOT_TOPIC, (data) => this.#news.push(data));
    void services.page.settled.then(stop);
  }

  /**
   * @param pageDeploy null for a page that runs natively
   * @returns undefined where the server does not watch, or the script did not load
   */
  async create(pageDeploy: PageDeploy | null, allowed: Allowed): Promise<Hot | undefined> {
    const create = await this.#loading;
    if (create === undefined) return undefined;
    return create({
      ...this.#services,
      news: this.#news,
      pageDeploy,
      targets: allowed === 'http' ? 'http' : 'blob',
      installImportMap,
      importModule,
      fetchManifest: (deploy) => fetchManifest(this.#services.http, deploy),
    });
  }
}
