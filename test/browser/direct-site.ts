import { TemporarySite } from './counted-site.js';
import type { BrowserPage, OpenBrowser } from './engines/engine.js';
import { GatedSite } from './gated-site.js';
import { publish } from './offline/published-site.js';

/** A published site whose pages start without the loader, and a page for it. */
export class DirectSite {
  readonly site: GatedSite;
  readonly page: BrowserPage;
  readonly #directory: TemporarySite;
  readonly #files: (version: number) => Readonly<Record<string, string>>;

  private constructor(
    site: GatedSite,
    page: BrowserPage,
    directory: TemporarySite,
    files: (version: number) => Readonly<Record<string, string>>,
  ) {
    this.site = site;
    this.page = page;
    this.#directory = directory;
    this.#files = files;
  }

  /** Publishes version 1. @param files of a version, by path */
  static async open(
    browser: OpenBrowser,
    files: (version: number) => Readonly<Record<string, string>>,
  ): Promise<DirectSite> {
    const directory = await TemporarySite.create();
    const site = await GatedSite.open({ channel: 'production', serveHead: true, fuse: true });
    const direct = new DirectSite(site, await browser.newPage(), directory, files);
    await direct.publish(1);
    return direct;
  }

  /** @param changes files in place of those of the version */
  async publish(version: number, changes: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#directory.write({ ...this.#files(version), ...changes });
    await publish(this.site, this.#directory);
    await this.site.registry.fused();
  }

  async close(): Promise<void> {
    await this.page.close();
    await this.site.close();
    await this.#directory.close();
  }
}
