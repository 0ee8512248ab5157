import { HOT_TOPIC, type HotNews } from '../schema/index.js';
import { SiteProblems } from './check/site-problems.js';
import type { Clock } from './clock.js';
import type { Catalog } from './content/catalog.js';
import type { VerifiedBlobs } from './content/verified-blobs.js';
import type { RegistryEmitter } from './events.js';
import type { IngestResult } from './ingest/ingest.js';
import { SiteDirectory } from './ingest/site-directory.js';
import type { ResolvedOptions } from './options.js';
import { packageMode } from './packages/packages.js';
import { PageSummaries } from './pages/page-summaries.js';
import type { Store } from './store/store.js';

export interface LocalSiteOptions {
  /** Absolute. It may be a link that moves. */
  readonly directory: string;
  readonly options: ResolvedOptions;
  readonly store: Store;
  readonly blobs: VerifiedBlobs;
  readonly catalog: Catalog;
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
    this.#problems = new SiteProblems({
      summaries,
      blobs,
      directory,
      prefix: options.prefix,
      base: options.base,
      conditions: options.packages ? [...options.conditions, packageMode(options.channel)] : null,
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
      clock,
      onReading: (progress) => events.emit('reading', progress),
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

  #take(result: IngestResult): void {
    const { catalog, events } = this.#options;
    const { deploy, manifest, created } = result;
    const hasNewProblems = this.#problems.setResult(result);
    // Before the deploy, so that a page that cannot run it knows why.
    if (hasNewProblems && this.isHot) this.#send(this.#problemNews());
    catalog.moveHead({ deploy, manifest });
    if (created) events.emit('deploy', result);
    if (hasNewProblems) events.emit('problems', this.#problems.list);
  }

  #problemNews(): HotNews {
    return { type: 'problems', problems: this.#problems.listForPages };
  }

  #send(news: HotNews): void {
    this.#options.send(HOT_TOPIC, news);
  }
}
