import { HOT_TOPIC, type HotNews } from '../schema/index.js';
import { SiteProblems } from './check/site-problems.js';
import type { Clock } from './clock.js';
import type { Catalog } from './content/catalog.js';
import type { VerifiedBlobs } from './content/verified-blobs.js';
import type { RegistryEmitter } from './events.js';
import type { IngestResult } from './ingest/ingest.js';
import { SiteDirectory } from './ingest/site-directory.js';
import type { ResolvedOptions } from './options.js';
import type { PackageSettings } from './packages/packages.js';
import { PageSummaries } from './pages/page-summaries.js';
import type { Store } from './store/store.js';
import type { Served } from './transform/served-store.js';

export interface LocalSiteOptions {
  /** Absolute. It may be a link that moves. */
  readonly directory: string;
  readonly options: ResolvedOptions;
  readonly store: Store;
  readonly blobs: VerifiedBlobs;
  readonly catalog: Catalog;
  /** What browsers get of the store. */
  readonly served: Pick<Served, 'head' | 'filesOf' | 'modeOf'>;
  readonly clock: Clock;
  readonly events: RegistryEmitter;
  /** Lets a page open files in the author's editor. */
  readonly editorToken: string;
  /** Sends a message to each page of the channel. */
  readonly send: (topic: string, data: unknown) => void;
}

/** A site in a directory: reads it, and tells pages and listeners about its deploys and problems. */
export class LocalSite {
  /** Whether pages follow changes of the directory. */
  readonly isHot: boolean;
  readonly #options: LocalSiteOptions;
  readonly #directory: SiteDirectory;
  readonly #problems: SiteProblems;

  constructor(site: LocalSiteOptions) {
    this.#options = site;
    const { directory, options, store, blobs, clock, events } = site;
    this.isHot = options.watch !== false;
    const onError = (error: unknown) => events.emit('error', error);
    const summaries = new PageSummaries();
    const { channel, conditions } = options;
    const packages: PackageSettings | null = options.packages
      ? {
          conditions,
          mode: site.served.modeOf(channel),
          base: options.base,
          onConverting: (names) => events.emit('converting', names),
        }
      : null;
    this.#problems = new SiteProblems({
      summaries,
      blobs,
      directory,
      prefix: options.prefix,
      base: options.base,
      conditions: packages && [...packages.conditions, packages.mode],
      clock,
      onChange: () => {
        this.#send(this.#problemNews());
        events.emit('problems', this.#problems.list);
      },
      onError,
    });
    this.#directory = new SiteDirectory({
      summaries,
      directory,
      store,
      options,
      packages,
      served: (files) => site.served.filesOf(files, channel),
      clock,
      onReading: (progress) => events.emit('reading', progress),
      wanted: async (result) => (await site.served.head(result)).site.wanted,
      onResult: (result) => this.#take(result),
      onNews: (news) => this.#send(news),
      onState: (state) => events.emit('directory', state),
      onError,
    });
  }

  /** Reads the directory, and watches it where the options say so. */
  start(): Promise<IngestResult> {
    return this.#directory.start();
  }

  scan(): Promise<IngestResult> {
    return this.#directory.scan();
  }

  /** Also checks imports and import maps after each change, for a site that this registry serves alone. */
  checkImports(): void {
    if (this.isHot) this.#problems.startChecking();
  }

  /** Changes so far of files that are in no deploy. */
  get assetChanges(): number {
    return this.#directory.assetChanges;
  }

  /** The messages that a page gets when it connects. */
  news(): { topic: string; data: HotNews }[] {
    if (!this.isHot) return [];
    const news: HotNews[] = [
      { type: 'editor', token: this.#options.editorToken },
      this.#problemNews(),
      { type: 'changed', files: this.#directory.changedAssets },
    ];
    return news.map((data) => ({ topic: HOT_TOPIC, data }));
  }

  async close(): Promise<void> {
    await this.#directory.close();
    this.#problems.close();
  }

  async #take(read: IngestResult): Promise<void> {
    const { catalog, events, served } = this.#options;
    const { deploy, manifest, site } = await served.head(read);
    const result = { ...read, problems: [...read.problems, ...site.problems] };
    const hasNewProblems = this.#problems.setResult({ ...result, deploy, manifest });
    // Before the deploy, so that a page that cannot run it knows why.
    if (hasNewProblems && this.isHot) this.#send(this.#problemNews());
    catalog.moveHead({ deploy, manifest });
    if (read.created) events.emit('deploy', result);
    if (hasNewProblems) events.emit('problems', this.#problems.list);
  }

  #problemNews(): HotNews {
    return { type: 'problems', problems: this.#problems.listForPages };
  }

  #send(news: HotNews): void {
    this.#options.send(HOT_TOPIC, news);
  }
}
