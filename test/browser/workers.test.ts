import { describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { TemporarySite } from './counted-site.js';
import type { BrowserPage } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';
import { GatedSite, isLoader } from './gated-site.js';

const PAGE = `<!doctype html><title>workers</title>
<script type="importmap">{ "imports": { "parts/": "./parts/" } }</script>
<script type="module" src="main.mjs"></script>`;

/** A worker that imports in every way. Its answer names what it has, with the number of the deploy. */
const WORKER = `import { part, instances } from './parts/part.mjs';
import { cyclic } from './cycle/a.mjs';
import data from './data.json' with { type: 'json' };
import { bare } from 'parts/bare.mjs';
const answer = async () => {
  const again = [
    await import('./parts/part.mjs'),
    await import(new URL('./parts/part.mjs', import.meta.url).href),
    await import(\`\${new URL('.', import.meta.url).pathname}parts/part.mjs\`),
    await import('parts/part.mjs'),
  ];
  const other = await import('./parts/part.mjs?other#x');
  const piece = await import(\`./parts/piece-\${part}.mjs\`);
  const nested = await new Promise((resolve) => {
    globalThis.kept = new Worker('./nested.mjs', { type: 'module' });
    kept.onmessage = ({ data }) => resolve(data);
  });
  return {
    part,
    cyclic,
    data: data.version,
    bare,
    isOne: again.every((module) => module.instances === instances),
    isOther: other.instances !== instances && other.part === part,
    piece: piece.piece,
    nested,
    url: import.meta.url,
    resolved: import.meta.resolve('./x.mjs'),
    location: [location.href, location.pathname, location.search, String(location)],
    fetched: await (await fetch('note.txt')).text(),
  };
};
postMessage(await answer().catch((error) => String(error)));
`;

/** The site at a version, which each module tells. */
const files = (version: number): Record<string, string> => ({
  'index.html': PAGE,
  'main.mjs': `globalThis.version = ${version};`,
  'worker.mjs': WORKER,
  // No top-level await: Firefox may tell a shared worker of a connection before that has settled.
  'shared.mjs': `import { part } from './parts/part.mjs';
globalThis.onconnect = ({ ports }) => ports[0].postMessage('shared ' + part + ' ' + location.href);`,
  'nested.mjs': `import { part } from './parts/part.mjs';\npostMessage(\`nested \${part} \${location.search}\`);`,
  'parts/part.mjs': `export const part = ${version};\nexport const instances = {};`,
  'parts/bare.mjs': `export { part as bare } from './part.mjs';`,
  [`parts/piece-${version}.mjs`]: `import { part } from './part.mjs';\nexport const piece = 'piece ' + part;`,
  'cycle/a.mjs': `import { b } from './b.mjs';\nexport const a = () => 'a';\nexport const cyclic = b() + ${version};`,
  'cycle/b.mjs': `import { a } from './a.mjs';\nawait 0;\nexport const b = () => typeof a;`,
  'data.json': `{ "version": ${version} }`,
  'note.txt': 'a note',
});

const answerOf = (url: string, version: number) => ({
  part: version,
  cyclic: `function${version}`,
  data: version,
  bare: version,
  isOne: true,
  isOther: true,
  piece: `piece ${version}`,
  nested: `nested ${version} `,
  url: `${url}worker.mjs`,
  resolved: `${url}x.mjs`,
  location: [`${url}worker.mjs`, '/worker.mjs', '', `${url}worker.mjs`],
  fetched: 'a note',
});

/** What a worker of the page says, or its error. The page keeps the worker: Firefox ends one that nothing refers to. */
const said = (page: BrowserPage, kind: 'Worker' | 'SharedWorker' = 'Worker') =>
  page.evaluate(
    (name) =>
      new Promise((resolve) => {
        const file = name === 'Worker' ? 'worker.mjs' : 'shared.mjs';
        const worker = new globalThis[name](file, { type: 'module' });
        worker.addEventListener('error', (event) => resolve(`error: ${(event as ErrorEvent).message}`));
        Object.assign(globalThis, { worker });
        const port = worker instanceof Worker ? worker : worker.port;
        port.onmessage = ({ data }) => resolve(data);
      }),
    kind,
  );

inEachEngine(({ name, launch }) => {
  const newPage = sharedContext({ launch });
  // There, a worker of a worker may never start, natively too: docs/browsers.md. This one starts such a worker.
  const again = { retry: name === 'Firefox' ? 2 : 0 };

  async function withSite(work: (site: GatedSite, directory: TemporarySite) => Promise<void>): Promise<void> {
    const directory = await TemporarySite.create(files(1));
    const site = await GatedSite.open({ directory: directory.directory });
    try {
      await work(site, directory);
    } finally {
      await site.close();
      await directory.close();
    }
  }

  async function open({ url }: Pick<GatedSite, 'url'>): Promise<BrowserPage> {
    const page = await newPage();
    await page.goto(url);
    await page.until(() => globalThis.modcast !== undefined);
    await page.evaluate(() => modcast!.ready);
    return page;
  }

  const moduleTargets = ({ requests }: GatedSite) =>
    requests.filter((target) => /\.(?:m?js|json)\b/.test(target) && !isLoader(target));

  describe('a module worker', () => {
    it('runs the deploy of its page, whatever has been saved since', again, async () => {
      await withSite(async (site, directory) => {
        const old = await open(site);
        await directory.write(files(2));
        await site.registry.scan();
        expect(await said(old)).toEqual(answerOf(site.url, 1));
        expect(await said(old, 'SharedWorker')).toBe(`shared 1 ${site.url}shared.mjs`);
        const page = await open(site);
        expect(await said(page)).toEqual(answerOf(site.url, 2));
        expect(await said(old)).toEqual(answerOf(site.url, 1));
        await old.close();
        await page.close();
      });
    });

    it('runs with no request for a module when its deploy has run before', again, async () => {
      await withSite(async (site) => {
        const page = await open(site);
        await said(page);
        site.clear();
        expect(await said(page)).toEqual(answerOf(site.url, 1));
        expect(moduleTargets(site)).toEqual([]);
        await page.close();
      });
    });

    it('tells its page that an import is missing, while others are on their way', async () => {
      await withSite(async (site, directory) => {
        await directory.write({ 'worker.mjs': `import './nowhere.mjs';\npostMessage('runs');` });
        await site.registry.scan();
        const page = await open(site);
        site.http = (target) => (target.startsWith('/-/worker.js') ? 'hold' : 'pass');
        const told = said(page);
        await site.requested((target) => target === '/nowhere.mjs');
        site.releaseHttp();
        expect(await told).toMatch(/^error: /);
        await page.close();
      });
    });
  });
});
