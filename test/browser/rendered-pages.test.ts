import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { createRegistry, type HeadOptions, type Registry } from '../../registry/index.js';
import { freePort } from '../free-port.js';
import { later, site } from '../unit/registry/site.js';
import type { BrowserPage } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';

const FILES = {
  'main.mjs': `import { text } from 'lib/text.mjs';
globalThis.log.push('main ' + text);
globalThis.url = import.meta.url;
globalThis.later = () => import('./lib/later.mjs');
`,
  'lib/text.mjs': `globalThis.log.push('text');\nexport const text = 'of the registry';`,
  'lib/later.mjs': `export { text } from './text.mjs';\nexport const url = import.meta.url;`,
  'plain.mjs': `import { text } from './lib/text.mjs';\nglobalThis.log.push(text, 'after');`,
  'after.js': `globalThis.log.push('after');`,
};

/** What the application's own server has: pages use it natively. */
const STALE: Readonly<Record<string, string>> = {
  ...FILES,
  'lib/text.mjs': `globalThis.log.push('text');\nexport const text = 'of the application';`,
};

/** As docs/rendered-pages.md has it. */
const template = (tags: string, nonce = '') => `<!doctype html>
<head><meta charset="utf-8">${tags}
<script${nonce}>globalThis.log = [];</script>
<script type="importmap" data-modcast="importmap"${nonce}>{ "imports": { "lib/": "/lib/" } }</script>
<script type="module" data-modcast="module" src="/main.mjs"${nonce}></script>
<script type="module" data-modcast="module"${nonce}>
  import { text } from 'lib/text.mjs';
  globalThis.log.push('inline ' + text);
</script>
<script defer data-modcast="defer" src="/after.js"${nonce}></script>
</head>`;

const logOf = (text: string) => ['text', `main ${text}`, `inline ${text}`, 'after'];

type Log = { log?: string[]; url: string; later: () => Promise<{ text: string; url: string }> };

inEachEngine(({ launch }) => {
  const newPage = sharedContext({ launch });

  /** An application that renders the page, and answers what the registry does not. */
  async function serve(
    render: () => Promise<string>,
    registry: () => Registry | undefined,
    { policy, port = 0, requests }: { policy?: string; port?: number; requests?: string[] } = {},
  ): Promise<string> {
    const server: Server = createServer((request, response) => {
      const name = request.url!.slice(1);
      requests?.push(name);
      const answer = () => {
        const file = STALE[name];
        response.writeHead(file === undefined ? 404 : 200, { 'Content-Type': 'text/javascript' }).end(file);
      };
      if (name === '') {
        if (policy !== undefined) response.setHeader('Content-Security-Policy', policy);
        response.setHeader('Content-Type', 'text/html');
        void render().then((html) => response.end(html));
      } else if (registry() === undefined) answer();
      else void registry()!.middleware(request, response, answer);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    later(() => {
      server.closeAllConnections();
      server.close();
    });
    registry()?.attach(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  async function open(options: object = {}): Promise<Registry> {
    const directory = await site(FILES);
    const registry = createRegistry({
      directory,
      database: ':memory:',
      watch: false,
      timeout: 25_000,
      ...options,
    });
    later(() => registry.close());
    await registry.ready;
    return registry;
  }

  async function visit(url: string): Promise<BrowserPage> {
    const page = await newPage();
    await page.goto(url);
    return page;
  }

  const ran = (page: BrowserPage) =>
    page.until(
      () => (globalThis as unknown as Log).log?.includes('after') && (globalThis as unknown as Log).log,
    );

  const from = (page: BrowserPage) => page.evaluate(async () => (await modcast!.ready).from);

  const dynamic = (page: BrowserPage) =>
    page.evaluate(async () => {
      const { text, url } = await (globalThis as unknown as Log).later();
      return { text, url, main: (globalThis as unknown as Log).url };
    });

  describe('a template with the tags of head', () => {
    it('runs its scripts from the deploy, in their order', async () => {
      const registry = await open();
      const head: HeadOptions = { entries: ['main.mjs'] };
      const url = await serve(
        async () => template(await registry.head('dev', head)),
        () => registry,
      );
      const page = await visit(url);
      expect(await ran(page)).toEqual(logOf('of the registry'));
      expect(await from(page)).toBe('network');
      expect(await dynamic(page)).toEqual({
        text: 'of the registry',
        url: `${url}lib/later.mjs`,
        main: `${url}main.mjs`,
      });
    });

    it('runs under a policy with a nonce', async () => {
      const registry = await open();
      const policy = "script-src 'nonce-abc' 'self' blob: data:";
      const render = async () => template(await registry.head('dev', { nonce: 'abc' }), ' nonce="abc"');
      const page = await visit(await serve(render, () => registry, { policy }));
      expect(await ran(page)).toEqual(logOf('of the registry'));
      expect(await from(page)).toBe('network');
    });

    it('lets no browser request modules before, also without an import map', async () => {
      const registry = await open();
      const plain = `<script>globalThis.log = [];</script>
<script type="module" data-modcast="module" src="/plain.mjs"></script>`;
      const requests: string[] = [];
      const render = async () => `<!doctype html><head>${await registry.head()}${plain}</head>`;
      const page = await visit(await serve(render, () => registry, { requests }));
      expect(await ran(page)).toEqual(['text', 'of the registry', 'after']);
      expect(requests.filter((target) => target.includes('text.mjs'))).toEqual([]);
    });

    it('runs natively without tags, and when the loader cannot be loaded', async () => {
      const registry = await open();
      for (const tags of ['', await registry.head()]) {
        const page = await visit(
          await serve(
            () => Promise.resolve(template(tags)),
            () => undefined,
          ),
        );
        expect(await ran(page)).toEqual(logOf('of the application'));
      }
    });

    it.each([
      ['over the socket', undefined],
      ['over HTTP, where its policy allows nothing else', "script-src 'unsafe-inline' 'self' REGISTRY"],
    ])('runs the deploy of a registry at another origin %s', async (_, policy) => {
      const port = await freePort();
      const registry = await open({ allowedOrigins: [`http://127.0.0.1:${port}`] });
      const origin = (await registry.listen()).url.slice(0, -1);
      const render = async () => template(await registry.head('dev', { origin }));
      const place = policy === undefined ? { port } : { port, policy: policy.replace('REGISTRY', origin) };
      const url = await serve(render, () => undefined, place);
      const page = await visit(url);
      expect(await ran(page)).toEqual(logOf('of the registry'));
      expect(await dynamic(page)).toEqual({
        text: 'of the registry',
        url: `${url}lib/later.mjs`,
        main: `${url}main.mjs`,
      });
    });
  });

  it('a page that injectPage has changed runs the same', async () => {
    const registry = await open();
    const html = template('').replaceAll(/ data-modcast="\w+"/g, '');
    const page = await visit(
      await serve(
        () => registry.injectPage(html, { url: '/' }),
        () => registry,
      ),
    );
    expect(await ran(page)).toEqual(logOf('of the registry'));
    expect(await from(page)).toBe('network');
  });
});
