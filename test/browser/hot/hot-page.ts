import type { RegistryOptions } from '../../../registry/index.js';
import { TemporarySite } from '../counted-site.js';
import { GatedSite, type Gate } from '../gated-site.js';
import type { BrowserPage } from '../engines/engine.js';

declare global {
  /** Lines that the page's modules pushed, in order. */
  var log: string[];
  /** Set by the test. A full reload removes it. */
  var survivor: string | undefined;
}

const HEAD = '<!doctype html><title>Hot</title><script>globalThis.log = [];</script>';

export const html = (body: string): string => `${HEAD}\n${body}`;

/** Source of a module that logs its name and version when it runs. */
export const module = (name: string, version: number | string, ...code: string[]): string =>
  [
    ...code.filter((line) => line.startsWith('import ')),
    `export const version = ${JSON.stringify(version)};`,
    `log.push('${name} ${version}');`,
    ...code.filter((line) => !line.startsWith('import ')),
  ].join('\n');

/** A watched directory, its server and one open page. */
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

  /** Loads the page and marks the document, so that a later reload can be detected. */
  async load(path = ''): Promise<void> {
    this.#url = this.server.url;
    await this.page.goto(this.#url + path);
    await this.page.until(() => globalThis.modcast);
    await this.page.evaluate(async () => {
      globalThis.survivor = 'yes';
      await modcast!.ready;
    });
  }

  /** Waits until the page has logged `text` at least `times` times. @returns the whole log */
  async logged(text: string, times = 1): Promise<string[]> {
    return this.page.until(
      ([line, count]) => globalThis.log?.filter((one) => one === line).length >= count && [...log],
      [text, times] as const,
    );
  }

  /** Saves files and waits until the page has logged `expected`. @returns the whole log */
  async save(files: Record<string, string>, expected: string, times = 1): Promise<string[]> {
    await this.directory.write(files);
    return this.logged(expected, times);
  }

  log(): Promise<string[]> {
    return this.page.evaluate(() => log);
  }

  /** Whether the document is still the same: no full reload happened since `load()`. */
  async survived(): Promise<boolean> {
    return (await this.page.evaluate(() => globalThis.survivor)) === 'yes';
  }

  /** Waits for a full reload and for the boot after it. */
  async reloaded(): Promise<void> {
    await this.page.until(() => globalThis.survivor === undefined && globalThis.modcast !== undefined);
    await this.page.evaluate(() => modcast!.ready);
  }

  /** The text of the overlay, or null without one. */
  overlay(): Promise<string | null> {
    return this.page.evaluate(
      () => document.querySelector('modcast-overlay')?.shadowRoot?.textContent ?? null,
    );
  }

  /** Waits until the overlay contains `text`. @returns its whole text */
  async overlayShows(text: string): Promise<string> {
    return this.page.until((part) => {
      const found = document.querySelector('modcast-overlay')?.shadowRoot?.textContent;
      return found?.includes(part) ? found : false;
    }, text);
  }

  async overlayClosed(): Promise<void> {
    await this.page.until(() => document.querySelector('modcast-overlay') === null);
  }

  /**
   * Stops the server, writes files, and starts a new server at the same address, with empty memory.
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
