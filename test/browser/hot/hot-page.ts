import type { RegistryOptions } from '../../../registry/index.js';
import { TemporarySite } from '../counted-site.js';
import { GatedSite, type Gate } from '../gated-site.js';
import type { BrowserPage } from './browsers.js';

declare global {
  /** What the page's modules have said, in order. */
  var log: string[];
  /** Put in by the test: goes with the document. */
  var survivor: string | undefined;
}

const HEAD = '<!doctype html><title>Hot</title><script>globalThis.log = [];</script>';

export const html = (body: string): string => `${HEAD}\n${body}`;

/** A module that says that it runs, in which version. */
export const module = (name: string, version: number | string, ...code: string[]): string =>
  [
    ...code.filter((line) => line.startsWith('import ')),
    `export const version = ${JSON.stringify(version)};`,
    `log.push('${name} ${version}');`,
    ...code.filter((line) => !line.startsWith('import ')),
  ].join('\n');

/** A watched directory, what serves it, and one page of it. */
export class HotPage {
  #server: GatedSite | undefined;
  #url = '';

  private constructor(
    readonly directory: TemporarySite,
    readonly page: BrowserPage,
    readonly options: RegistryOptions,
  ) {}

  static async open(
    page: BrowserPage,
    files: Record<string, string>,
    options: RegistryOptions = {},
    path = '',
    sockets: Gate = 'pass',
  ): Promise<HotPage> {
    const directory = await TemporarySite.create({
      'index.html': html('<script type="module" src="main.mjs"></script>'),
      ...files,
    });
    const hot = new HotPage(directory, page, {
      directory: directory.directory,
      watch: true,
      timeout: 25_000,
      ...options,
    });
    try {
      hot.#server = await GatedSite.open(hot.options);
      hot.#server.sockets = sockets;
      await hot.load(path);
      return hot;
    } catch (error) {
      await hot.close();
      throw error;
    }
  }

  get server(): GatedSite {
    return this.#server!;
  }

  /** Loads the page, and marks it, so that another load of it can be told. */
  async load(path = ''): Promise<void> {
    this.#url = this.server.url;
    await this.page.goto(this.#url + path);
    await this.page.evaluate(async () => {
      globalThis.survivor = 'yes';
      await modcast!.ready;
    });
  }

  /** Resolves when the page has said this, and returns all that it has said. */
  async said(text: string, times = 1): Promise<string[]> {
    return this.page.until(
      ([line, count]) => globalThis.log?.filter((one) => one === line).length >= count && [...log],
      [text, times] as const,
    );
  }

  /** Saves files, and resolves when the page has said something for it. */
  async save(files: Record<string, string>, expected: string, times = 1): Promise<string[]> {
    await this.directory.write(files);
    return this.said(expected, times);
  }

  log(): Promise<string[]> {
    return this.page.evaluate(() => log);
  }

  /** Whether the document is the one that was loaded first. */
  async survived(): Promise<boolean> {
    return (await this.page.evaluate(() => globalThis.survivor)) === 'yes';
  }

  /** Resolves when the page has been loaded again, and has booted. */
  async reloaded(): Promise<void> {
    await this.page.until(() => globalThis.survivor === undefined && globalThis.modcast !== undefined);
    await this.page.evaluate(() => modcast!.ready);
  }

  /** What the overlay says; null when there is none. */
  overlay(): Promise<string | null> {
    return this.page.evaluate(
      () => document.querySelector('modcast-overlay')?.shadowRoot?.textContent ?? null,
    );
  }

  /** Resolves with the overlay's text when it fits. */
  async overlaid(text: string): Promise<string> {
    return this.page.until((part) => {
      const found = document.querySelector('modcast-overlay')?.shadowRoot?.textContent;
      return found?.includes(part) ? found : false;
    }, text);
  }

  async cleared(): Promise<void> {
    await this.page.until(() => document.querySelector('modcast-overlay') === null);
  }

  /**
   * Another server, at the same address and with nothing of what the first one had in memory; files change
   * before.
   */
  async restart(files: Record<string, string> = {}): Promise<void> {
    this.server.sockets = 'refuse';
    this.server.relay.cut();
    await this.server.relay.emptied();
    await this.server.close();
    await this.directory.write(files);
    this.#server = await GatedSite.open(this.options, Number(new URL(this.#url).port));
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.directory.close();
  }
}
