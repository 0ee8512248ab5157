import type { BrowserContext, Page } from 'playwright-core';
import type { ChromiumBrowser } from '../../browser/engines/chromium.js';
import type { Disk } from './disk.js';
import { mainOf } from './edits.js';
import { differences, expectedOf } from './expected.js';
import { installChaos, type PageState, type Report } from './runtime.js';
import type { Head } from './server.js';

/** An open page of the site, with its output. */
export interface WatchedPage {
  readonly name: string;
  readonly page: Page;
  /** Console lines, errors and failed requests, newest last. */
  readonly output: string[];
  /** Number of problems that it reported since it was last at rest. */
  reports: number;
  /** Whether a request that the document cannot do without has failed since the last navigation. */
  interrupted: boolean;
  /** How often the test reloaded it because of such a request. */
  manualReloads: number;
}

/**
 * Files that the browser itself requests. If one fails because the server is down, any site needs a reload.
 */
const PLAIN = /(?:\.html|\/loader\.js|\/style\.css|\/script\.js)$|[?&]modcast=/;

/** A URL without what names the version of the loader. */
const withoutVersion = (url: string): string => url.replace(/\?v=\w+$/, '');

/** Console messages of modcast about a version that it cannot apply yet. */
const PENDING_MESSAGE = /full reload postponed|still waits/;

/** The open pages, in one browser context, so that they share its storage. */
export class Pages {
  readonly all: WatchedPage[] = [];
  /** Versions that ran although no file ever had them, and errors of modules. */
  readonly wrong: string[] = [];
  evaluated = 0;
  readonly #disk: Disk;

  private constructor(
    readonly context: BrowserContext,
    disk: Disk,
  ) {
    this.#disk = disk;
  }

  static async open(
    browser: ChromiumBrowser,
    disk: Disk,
    url: string,
    names: readonly string[],
  ): Promise<Pages> {
    const pages = new Pages(await browser.newContext(), disk);
    await pages.context.exposeFunction('chaosReport', (report: Report) => pages.#report(report));
    await pages.context.addInitScript(installChaos);
    for (const name of names) {
      const page = await pages.context.newPage();
      const watched: WatchedPage = {
        name,
        page,
        output: [],
        reports: 0,
        interrupted: false,
        manualReloads: 0,
      };
      const print = (text: string) =>
        watched.output.push(`${new Date().toISOString().slice(17, 23)} ${text}`);
      page.on('console', (message) => {
        print(message.text());
        if (message.type() === 'error' || PENDING_MESSAGE.test(message.text())) watched.reports++;
      });
      page.on('pageerror', (error) => {
        print(`uncaught ${String(error)}`);
        watched.reports++;
      });
      page.on('framenavigated', () => print('(new document)'));
      page.on('request', (request) => {
        if (request.isNavigationRequest()) watched.interrupted = false;
      });
      page.on('requestfailed', (request) => {
        print(`failed ${request.url()} ${request.failure()?.errorText}`);
        // A reload aborts the requests of the workers before it.
        const isAborted = request.failure()?.errorText === 'net::ERR_ABORTED';
        if (!isAborted && PLAIN.test(withoutVersion(request.url()))) watched.interrupted = true;
      });
      pages.all.push(watched);
      await page.goto(`${url}${name}.html`, { waitUntil: 'domcontentloaded' });
    }
    return pages;
  }

  /**
   * Why a page does not run the server's head yet, or how it differs from the files. Null if it matches.
   */
  async problemOf(watched: WatchedPage, head: Head): Promise<string | null> {
    const { name, page } = watched;
    const expected = expectedOf(this.#disk.files, mainOf(name));
    const isWhole = expected.broken.length === 0;
    const looked = await this.#look(watched, isWhole);
    if (looked === null) return this.#reload(watched);
    const { state, deploy } = looked;
    if (deploy !== head.deploy) return `is at deploy ${deploy}, the head is ${head.deploy}`;
    if (!isWhole) {
      // An endless top-level await in a starting page is not reported, because it is not an error yet.
      const isQuiet = expected.broken.some((reason) => reason.endsWith(': waits'));
      // A failed import() is known to its caller. It does not have to be reported.
      const isKnown = Object.values(state.modules).some(({ deps }) =>
        Object.values(deps).some((held) => held.startsWith('failed: ')),
      );
      const isReported = isQuiet || isKnown || watched.reports > 0 || state.overlay !== null;
      return isReported ? null : `does not report ${expected.broken.join(', ')}`;
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
    if (found.length > 0 && watched.interrupted) return this.#reload(watched);
    if (found.length === 0) {
      watched.reports = 0;
      return null;
    }
    await page
      .evaluate(() => {
        chaos.retry();
        globalThis.chaosWorker?.postMessage({});
      })
      .catch(() => {});
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
          const state = chaos.state(main);
          const worker = globalThis.chaosWorker;
          const inWorker = new Promise<PageState>((resolve) => {
            worker?.addEventListener('message', ({ data }) => data.state && resolve(data.state));
            worker?.postMessage({ state: main });
          });
          const found = worker === undefined ? state : await Promise.race([inWorker, late]);
          const { modules, pending, wrong } = (found ?? state) as PageState;
          return { state: { ...state, modules, pending, wrong }, deploy: modcast.stats().deploy };
        },
        [mainOf(name), idle] as const,
      );
    } catch {
      return null;
    }
  }

  /** There is no document, or only a part of one, since the server was not there: so it is with any site. */
  async #reload(watched: WatchedPage): Promise<string> {
    const { page } = watched;
    watched.interrupted = false;
    watched.manualReloads++;
    watched.output.push('(manual reload)');
    await page.reload({ waitUntil: 'domcontentloaded' }).catch(() => {});
    return 'was reloaded by the test';
  }

  #report({ kind, path, version }: Report): void {
    if (kind === 'wrong') this.wrong.push(`${path} ${version}`);
    if (kind !== 'enter') return;
    this.evaluated++;
    if (!this.#disk.written.has(`${path} ${version}`))
      this.wrong.push(`${path} ran as ${version}, which its file never was`);
  }
}
