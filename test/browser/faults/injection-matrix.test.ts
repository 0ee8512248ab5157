import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry, type Registry } from '../../../registry/index.js';
import { TemporarySite } from '../counted-site.js';
import { inEachBrowser } from '../hot/suite.js';
import { faultFiles } from './fault-files.js';
import { POLICY_PAGES } from './policy-pages.js';

/** What a browser asked for, and what it got. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
  readonly etag: string;
  readonly body: string;
}

/** Policies that a proxy adds as a header: the server does not see them. */
const PROXY_POLICIES: Readonly<Record<string, string>> = {
  'header-self': "script-src 'self'",
  'header-nonce': "script-src 'nonce-abc'",
  'header-sandbox': 'sandbox allow-scripts allow-same-origin',
};

const POLICIES = [...Object.keys(POLICY_PAGES), ...Object.keys(PROXY_POLICIES)];
const isInjected = (policy: string) => POLICY_PAGES[policy]?.isInjected ?? true;
const htmlOf = (policy: string) => (POLICY_PAGES[policy] ?? POLICY_PAGES['none']!).html;

const FILES = {
  ...Object.fromEntries(POLICIES.map((name) => [`${name}.html`, htmlOf(name)])),
  'start.html': '<!doctype html><meta name="modcast" content="off"><title>start</title><body>',
};

/** Whether the loader asks for the policies in its page's headers. */
const readsPolicies = ({ method, headers }: Pick<Seen, 'method' | 'headers'>) =>
  method === 'HEAD' && headers.accept === 'text/html';

/** A registry behind a proxy that records what each request sent and got, and adds policies. */
class RecordedSite {
  readonly seen: Seen[] = [];
  #wake: (() => void) | undefined;
  url = '';

  private constructor(
    readonly site: TemporarySite,
    readonly registry: Registry,
  ) {}

  static async open(): Promise<RecordedSite> {
    const site = await TemporarySite.create(FILES);
    const registry = createRegistry({
      directory: site.directory,
      database: ':memory:',
      watch: false,
      fuse: false,
    });
    await registry.ready;
    const recorded = new RecordedSite(site, registry);
    const server = createServer((request, response) => {
      const policy = PROXY_POLICIES[/\/([\w-]+)\.html/.exec(request.url!)?.[1] ?? ''];
      const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
      response.writeHead = (...args: unknown[]) => {
        if (policy !== undefined) response.setHeader('Content-Security-Policy', policy);
        return writeHead(...args);
      };
      // A response without coding can be compared with the file.
      delete request.headers['accept-encoding'];
      const pieces: Buffer[] = [];
      for (const name of ['write', 'end'] as const) {
        const send = response[name].bind(response) as (...args: unknown[]) => never;
        response[name] = (...args: unknown[]) => {
          if (args[0] instanceof Uint8Array) pieces.push(Buffer.from(args[0]));
          return send(...args);
        };
      }
      response.once('finish', () => {
        const { method, url, headers } = request;
        const { statusCode: status } = response;
        const etag = String(response.getHeader('etag'));
        recorded.seen.push({
          method: method!,
          url: url!,
          headers,
          status,
          etag,
          body: Buffer.concat(pieces).toString(),
        });
        recorded.#wake?.();
      });
      void registry.middleware(request, response);
    });
    registry.attach(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    recorded.url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
    recorded.close = async () => {
      server.closeAllConnections();
      server.close();
      await registry.close();
      await site.close();
    };
    return recorded;
  }

  close!: () => Promise<void>;

  /** Waits for a request with a mark in its query. */
  async requested(mark: string): Promise<void> {
    while (!this.seen.some(({ url }) => url.endsWith(`?${mark}`)))
      await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

inEachBrowser((suite) => {
  describe('the injection matrix', () => {
    let site: RecordedSite;
    beforeAll(async () => {
      site = await RecordedSite.open();
    });
    afterAll(() => site.close());

    // WebKit does not prefetch, and its driver has no place for downloads.
    it.skipIf(suite.engine.name === 'WebKit')('answers each kind of request as its headers say', async () => {
      const browser = await suite.engine.launch();
      try {
        const page = await browser.newPage();
        for (const policy of POLICIES) await page.goto(`${site.url}${policy}.html?document`);
        await page.goto(`${site.url}start.html`);
        await page.evaluate(async (policies) => {
          const add = (tag: string, attributes: object) =>
            new Promise<void>((resolve) => {
              const element = Object.assign(document.createElement(tag), attributes);
              element.addEventListener('load', () => resolve());
              element.addEventListener('error', () => resolve());
              document.body.append(element);
            });
          const xhr = (method: string, url: string) =>
            new Promise<void>((resolve) => {
              const request = new XMLHttpRequest();
              request.open(method, url);
              request.addEventListener('loadend', () => resolve());
              request.send();
            });
          for (const policy of policies) {
            const url = (mark: string) => `/${policy}.html?${mark}`;
            await add('iframe', { src: url('iframe') });
            for (const method of ['GET', 'HEAD']) {
              await (await fetch(url('fetch'), { method, cache: 'no-store' })).text();
              await xhr(method, url('xhr'));
            }
            await fetch(url('range'), { headers: { Range: 'bytes=2-8' }, cache: 'no-store' });
            // The second one asks whether the first is still fresh.
            for (const cache of ['reload', 'no-cache'] as const)
              await (await fetch(url('again'), { cache })).text();
            // A navigation must not get what `fetch` has left in the cache, and the other way round.
            await add('iframe', { src: url('again') });
            await (await fetch(url('again'), { cache: 'force-cache' })).text();
          }
          // Firefox prefetches only while nothing else loads, and drops the rest at a navigation.
          for (const policy of policies)
            await add('link', { rel: 'prefetch', href: `/${policy}.html?prefetch` });
          for (const policy of policies) {
            const link = Object.assign(document.createElement('a'), {
              href: `/${policy}.html?download`,
              download: 'x.html',
            });
            document.body.append(link);
            link.click();
            // One after the other: browsers drop a download that another one follows at once.
            await (await fetch(`/${policy}.html?after`)).text();
          }
        }, POLICIES);
        await site.requested('download');
      } finally {
        await browser.close();
      }

      for (const policy of POLICIES) {
        const file = htmlOf(policy);
        const of = (mark: string) =>
          site.seen.filter(({ url, ...seen }) => url === `/${policy}.html?${mark}` && !readsPolicies(seen));
        for (const [mark, destinations] of Object.entries({
          document: ['document'],
          iframe: ['iframe'],
          fetch: ['empty'],
          xhr: ['empty'],
          range: ['empty'],
          prefetch: ['empty'],
          // Firefox downloads by a navigation.
          download: ['empty', 'document'],
          again: ['empty', 'iframe'],
        })) {
          const requests = of(mark);
          const what = `${policy}, ${mark}`;
          expect(requests.length > 0 || mark === 'download', what).toBe(true);
          for (const { method, headers, status, etag, body } of requests) {
            const destination = String(headers['sec-fetch-dest']);
            expect(destinations, what).toContain(destination);
            const hasLoader = destination !== 'empty' && isInjected(policy);
            if (status === 304 || method === 'HEAD') expect(body, what).toBe('');
            else if (status === 206) expect(body, what).toBe(file.slice(2, 9));
            else
              expect([status, /\/-\/(?:fused-)?loader\.js/.test(body), body === file], what).toEqual([
                200,
                hasLoader,
                !hasLoader,
              ]);
            // The file has a weak validator, and a page with the loader a strong one.
            expect(etag.startsWith('W/'), what).toBe(!hasLoader);
          }
        }
        expect(of('range').map(({ status }) => status)).toEqual([206]);
        expect(of('fetch').map(({ method }) => method)).toEqual(['GET', 'HEAD']);
        const again = of('again').map(({ headers, status }) => [headers['sec-fetch-dest'], status]);
        expect(again.slice(0, 2)).toEqual([
          ['empty', 200],
          ['empty', 304],
        ]);
        // The frame may ask whether the file is fresh; only a page that is the file is.
        expect(again[2]?.[0], policy).toBe('iframe');
        if (isInjected(policy)) expect(again[2]![1], policy).toBe(200);
      }
    });
  });

  describe('a page that a script puts in', () => {
    it('fetched-html-is-changed: fetch gets the bytes of the file', async () => {
      const hot = await suite.open(faultFiles('fetched-html-is-changed'));
      expect(await hot.page.line('p 1')).toBe('p 1 true');
    });

    it('page-visit-by-fetch: the scripts of a fetched page run', async () => {
      const hot = await suite.open(faultFiles('page-visit-by-fetch'));
      expect(await hot.page.line('inline')).toBe('inline ran src ran');
    });
  });
});
