import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Disk } from './disk.js';
import { mainOf } from './edits.js';
import { differences, expectedOf } from './expected.js';
import { installChaos, type PageState, type Report } from './runtime.js';
import type { Head } from './server.js';

/** A page of the site, and what it has said. */
export interface WatchedPage {
  readonly name: string;
  readonly page: Page;
  /** Console and errors, the newest last. */
  readonly said: string[];
  /** What it said of since it was last at rest that does not work. */
  complaints: number;
  /** A request without which a document is nothing has failed since it was asked for. */
  interrupted: boolean;
  /** How often it had to be loaded by hand for that. */
  byHand: number;
}

/**
 * What the browser loads by itself: where the server is not there for it, any site stands still until it is
 * loaded again.
 */
const PLAIN = /(?:\.html|\/loader\.js|\/style\.css|\/script\.js)$/;

/** What modcast says of what it cannot take in yet. */
const COMPLAINT = /full reload postponed|still waits/;

/** The open pages: in one browser, so that they share what it keeps. */
export class Pages {
  readonly all: WatchedPage[] = [];
  /** What was evaluated and may not have been. */
  readonly wrong: string[] = [];
  evaluated = 0;
  readonly #disk: Disk;

  private constructor(
    readonly context: BrowserContext,
    disk: Disk,
  ) {
    this.#disk = disk;
  }

  static async open(browser: Browser, disk: Disk, url: string, names: readonly string[]): Promise<Pages> {
    const pages = new Pages(await browser.newContext(), disk);
    await pages.context.exposeFunction('chaosReport', (report: Report) => pages.#report(report));
    await pages.context.addInitScript(installChaos);
    for (const name of names) {
      const page = await pages.context.newPage();
      const watched: WatchedPage = { name, page, said: [], complaints: 0, interrupted: false, byHand: 0 };
      const say = (text: string) => watched.said.push(`${new Date().toISOString().slice(17, 23)} ${text}`);
      page.on('console', (message) => {
        say(message.text());
        if (message.type() === 'error' || COMPLAINT.test(message.text())) watched.complaints++;
      });
      page.on('pageerror', (error) => {
        say(`uncaught ${String(error)}`);
        watched.complaints++;
      });
      page.on('framenavigated', () => say('— a document —'));
      page.on('request', (request) => {
        if (request.isNavigationRequest()) watched.interrupted = false;
      });
      page.on('requestfailed', (request) => {
        say(`failed ${request.url()} ${request.failure()?.errorText}`);
        if (PLAIN.test(new URL(request.url()).pathname)) watched.interrupted = true;
      });
      pages.all.push(watched);
      await page.goto(`${url}${name}.html`, { waitUntil: 'domcontentloaded' });
    }
    return pages;
  }

  /**
   * Why a page is not yet at rest with the server's head, or in what it differs from the files; null: in
   * nothing.
   */
  async problemOf(watched: WatchedPage, head: Head): Promise<string | null> {
    const { name, page } = watched;
    const expected = expectedOf(this.#disk.files, mainOf(name));
    const isWhole = expected.broken.length === 0;
    const looked = await this.#look(watched, isWhole);
    if (looked === null) return this.#lost(watched);
    const { state, deploy } = looked;
    if (deploy !== head.deploy) return `is at deploy ${deploy}, the head is ${head.deploy}`;
    if (!isWhole) {
      // One that waits for ever says nothing when the page starts with it: nothing is wrong yet.
      const isQuiet = expected.broken.some((reason) => reason.endsWith(': waits'));
      // What fails to come by import() whoever asked for it knows, and nobody else has to.
      const isKnown = Object.values(state.modules).some(({ deps }) =>
        Object.values(deps).some((held) => held.startsWith('failed: ')),
      );
      const isSaid = isQuiet || isKnown || watched.complaints > 0 || state.overlay !== null;
      return isSaid ? null : `says nothing of ${expected.broken.join(', ')}`;
    }
    if (state.pending > 0) return `${state.pending} imports have not settled`;
    const html = ['page', 'note', 'script', 'sheet'] as const;
    const files = { page: `${name}.html`, note: 'note.txt', script: 'script.js', sheet: 'style.css' };
    const found = differences(state, expected);
    for (const key of html) {
      const wanted = this.#disk.files.get(files[key])!.version;
      if (state[key] !== wanted) found.push(`${files[key]} is ${state[key]}, the file is ${wanted}`);
    }
    if (state.overlay !== null) found.push(`shows ${state.overlay.slice(0, 200)}`);
    if (found.length > 0 && watched.interrupted) return this.#lost(watched);
    if (found.length === 0) {
      watched.complaints = 0;
      return null;
    }
    await page.evaluate(() => chaos.retry()).catch(() => {});
    return found.join('\n    ');
  }

  /** @returns null when the page has no document, or another one from now on */
  async #look(
    { name, page }: WatchedPage,
    idle: boolean,
  ): Promise<{ state: PageState; deploy: number | null } | null> {
    try {
      return await page.evaluate(
        async ([main, wait]) => {
          const { modcast } = globalThis;
          if (modcast === undefined) return null;
          const late = new Promise((resolve) => setTimeout(resolve, 2000));
          if (wait) await Promise.race([modcast.idle(), late]);
          return { state: chaos.state(main), deploy: modcast.stats().deploy };
        },
        [mainOf(name), idle] as const,
      );
    } catch {
      return null;
    }
  }

  /** There is no document, or only a part of one, since the server was not there: so it is with any site. */
  async #lost(watched: WatchedPage): Promise<string> {
    const { page } = watched;
    watched.interrupted = false;
    watched.byHand++;
    watched.said.push('— by hand —');
    await page.reload({ waitUntil: 'domcontentloaded' }).catch(() => {});
    return 'was loaded by hand';
  }

  #report({ kind, path, version }: Report): void {
    if (kind === 'wrong') this.wrong.push(`${path} ${version}`);
    if (kind !== 'enter') return;
    this.evaluated++;
    if (!this.#disk.written.has(`${path} ${version}`))
      this.wrong.push(`${path} ran as ${version}, which it never was`);
  }
}
