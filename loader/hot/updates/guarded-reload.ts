import { siteGraph } from '../../linking/site-graph.js';
import type { SiteModule } from '../../../importmap/site.js';
import { Failure } from '../errors/failure.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { PagePorts } from '../ports.js';
import type { PageWorkers } from '../workers/page-workers.js';
import type { UpdateReport } from './report.js';
import type { Retries } from './retries.js';

export interface GuardedReloadOptions {
  readonly ports: PagePorts;
  readonly records: ModuleRecords;
  readonly retries: Pick<Retries, 'add'>;
  readonly report: UpdateReport;
  readonly reload: (reason: string) => boolean;
  readonly workers: Pick<PageWorkers, 'roots'>;
}

/**
 * A full reload that waits until all modules parse: a page that runs older modules is better than one that
 * cannot start.
 */
export class GuardedReload {
  readonly #options: GuardedReloadOptions;

  constructor(options: GuardedReloadOptions) {
    this.#options = options;
  }

  /**
   * @param starts the modules of the update. A postponed update is tried again with the next one
   * @returns whether the page is about to be loaded again
   */
  async start(starts: readonly string[], reason: string): Promise<boolean> {
    const { records, retries, report, reload } = this.#options;
    const unparsed = await this.#unparsed();
    if (unparsed.length === 0 && reload(reason)) return true;
    retries.add(starts.filter((url) => records.isNewest(url)));
    if (unparsed.length === 0) return false;
    report.showErrors(
      unparsed.map(({ path }) => report.describe(new Failure(`${path} does not parse`, path))),
    );
    const paths = report.paths(unparsed.map(({ url }) => url));
    console.info(`modcast: full reload postponed until these parse: ${paths} (${reason})`);
    return false;
  }

  /** Modules that the entries and the workers import in their newest versions and that do not parse. */
  async #unparsed(): Promise<SiteModule[]> {
    const { ports, records, workers } = this.#options;
    const { pageDeploy, blobPool, channelClient } = ports;
    const graph = siteGraph(records.site, pageDeploy.resolver, blobPool);
    // The server does not send what is imported for the first time if it was there before.
    const urls = [...pageDeploy.entries, ...workers.roots];
    await channelClient.needClosure(graph, urls);
    return graph.closure(urls).modules.filter((module) => records.isUnparsed(module));
  }
}
