import { describe, expect, it } from 'vitest';
import { installed, page } from '../packages/resolved-site.js';
import { NAVIGATION, open, serve, site, type Files } from '../site.js';

const PACKAGE = installed('a', { 'index.js': 'export {}' }, { type: 'module' });
const RULES = { imports: { a: '/npm/a@1.0.0/index.js' } };

/** The texts of a page's import maps, as a browser gets it. */
async function mapsOf(files: Files, options = {}, path = ''): Promise<unknown[]> {
  const { url } = await serve({ ...PACKAGE, ...files }, options);
  const html = await (await fetch(url + path, { headers: NAVIGATION })).text();
  return [...html.matchAll(/<script[^>]* type="?importmap"?[^>]*>(.*?)<\/script>/gs)].map(([, text]) =>
    text === '' ? '' : (JSON.parse(text!) as unknown),
  );
}

describe('a page of a site with packages', () => {
  it('gets their import map', async () => {
    expect(await mapsOf({ 'index.html': page(`import 'a';`) })).toEqual([RULES]);
    expect(
      await mapsOf({ 'index.html': page(`import 'a';`), 'sub/other.html': '<p>' }, {}, 'sub/other'),
    ).toEqual([RULES]);
  });

  it('gets it instead of the empty one that stops preloads', async () => {
    const files = { 'index.html': '<script type="module" src="m.js"></script>', 'm.js': `import 'a';` };
    expect(await mapsOf(files)).toEqual([RULES]);
    expect(await mapsOf({ ...files, 'm.js': '' })).toEqual(['']);
  });

  it('gets it joined with its own map', async () => {
    const own = `<script type="importmap">{"imports":{"b":"./b.js"}}</script>`;
    expect(await mapsOf({ 'index.html': page(`import 'a';`, own), 'b.js': '' })).toEqual([
      { imports: { b: './b.js', ...RULES.imports } },
    ]);
    const all = `<script type="importmap">{"imports":{"a":"./b.js"}}</script>`;
    expect(await mapsOf({ 'index.html': page(`import 'a';`, all), 'b.js': '' })).toEqual([
      { imports: { a: './b.js' } },
    ]);
  });

  it('keeps a map that does not parse, for the browser to report', async () => {
    const { url } = await serve({
      ...PACKAGE,
      'index.html': page(`import 'a';`, '<script type="importmap">{</script>'),
    });
    expect(await (await fetch(url, { headers: NAVIGATION })).text()).toMatch(/type="importmap">\{<\/script>/);
  });

  it('has the paths of a site below a base', async () => {
    expect(await mapsOf({ 'index.html': page(`import 'a';`) }, { base: '/app/' })).toEqual([
      { imports: { a: '/app/npm/a@1.0.0/index.js' } },
    ]);
  });

  it('is unchanged where its author wants that, and for a fetch', async () => {
    const html = `<meta name="modcast" content="off">${page(`import 'a';`)}`;
    expect(await mapsOf({ 'index.html': html })).toEqual([]);
    const { url } = await serve({ ...PACKAGE, 'index.html': page(`import 'a';`) });
    expect(await (await fetch(url)).text()).toBe(page(`import 'a';`));
  });
});

it('the tags for pages of other servers have the import map, with their nonce', async () => {
  const directory = await site({ ...PACKAGE, 'm.js': `import 'a';` });
  const registry = open({ directory });
  const map = `<script type="importmap" data-modcast="importmap" nonce="n">${JSON.stringify(RULES)}</script>`;
  expect(await registry.head('dev', { nonce: 'n' })).toContain(map);
  expect(await registry.head('dev', { origin: 'https://other.test' })).not.toContain('npm/');
});
