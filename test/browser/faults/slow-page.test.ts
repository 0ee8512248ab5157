import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inEachEngine } from '../engines/in-each-engine.js';
import { GatedSite, isLoader } from '../gated-site.js';
import { sharedContext } from '../engines/shared-context.js';
import { TemporarySite } from '../counted-site.js';

/**
 * Asks for the next part when the one before has been parsed. Engines wait for the first thousand bytes, which
 * may name the encoding.
 */
const ASK = `<!doctype html><!--${' '.repeat(4096)}--><script>
const ask = () => fetch('/next-part').then((answer) => answer.text()).then((more) => more && ask());
void ask();
</script>`;

/** A page whose scripts say what they are. The long texts are split in many places. */
const PAGE = `<!doctype html><title>Slow</title>
<script>globalThis.log = [];</script>
<script type="importmap">{ "imports": { "dep": "./lib/dep.mjs" } }</script>
<script type="module">import { dep } from 'dep'; log.push('first ' + dep);</script>
<script type="module" src="main.mjs"></script>
<script type="module">log.push('second'); log.push('second ends');</script>
<script>log.push('classic')</script>
<script defer src="classic.js"></script>
<script type="module">import './lib/dep.mjs'; log.push('last'); log.push('last ends')</script>`;

const FILES = {
  'index.html': PAGE,
  'main.mjs': `import { dep } from 'dep'; log.push('main ' + dep);`,
  'classic.js': `log.push('deferred');`,
  'lib/dep.mjs': `export const dep = 'dep';`,
};

const RAN = 'classic,first dep,main dep,second,second ends,deferred,last,last ends';

/** Sends a page in parts, and passes on all other requests. */
class SlowSite {
  readonly #server: Server;

  private constructor(
    site: GatedSite,
    readonly parts: readonly string[],
  ) {
    let sent = 0;
    let send: (() => void) | undefined;
    this.#server = createServer((request, response) => {
      const target = request.url!;
      if (target === '/next-part') {
        send?.();
        response.end(sent < parts.length ? 'more' : '');
      } else if (target === '/' && request.method === 'GET') {
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        sent = 0;
        send = () => {
          response.write(parts[sent++]);
          if (sent === parts.length) response.end();
        };
        send();
      } else void site.registry.middleware(request, response);
    });
  }

  static async open(site: GatedSite, cut: RegExp): Promise<SlowSite> {
    const slow = new SlowSite(site, [ASK, ...(await site.page()).split(cut)]);
    slow.#server.listen(0, '127.0.0.1');
    await once(slow.#server, 'listening');
    return slow;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

inEachEngine((engine) => {
  let directory: TemporarySite;
  let site: GatedSite;

  beforeAll(async () => {
    directory = await TemporarySite.create(FILES);
    site = await GatedSite.open({ directory: directory.directory });
  });

  afterAll(async () => {
    await site.close();
    await directory.close();
  });

  const newPage = sharedContext(engine);

  describe.each([
    ['after the start tag of each script', /(?<=<script[^>]*>)/],
    ['within start tags', /(?<=<script data-modcast)/],
    ['within the texts of modules', /(?= |;)(?<=log\.push[^<]*)/],
    ['within end tags', /(?<=<\/scr)/],
    ['between scripts', /(?<=<\/script>)(?!$)/],
    ['within the import map', /(?<="imports")/],
  ])('a page that arrives in parts, cut %s', (_name, cut) => {
    it.each(['with the loader', 'without it'])('runs whole, %s', async (how) => {
      site.http = (target) => (how === 'without it' && isLoader(target) ? 'missing' : 'pass');
      const slow = await SlowSite.open(site, cut);
      expect(slow.parts.length).toBeGreaterThan(2);
      const page = await newPage();
      await page.goto(slow.url, 'load');
      expect(await page.until(() => log.includes('last ends') && log.join())).toBe(RAN);
      await page.close();
      await slow.close();
    });
  });
});
