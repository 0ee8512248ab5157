import { describe, expect, it } from 'vitest';
import { deployUrl } from '../../../../../importmap/index.js';
import type { Hash } from '../../../../../schema/index.js';
import { serve, write, type Files, type Served } from '../../site.js';

const SITE: Files = {
  'index.html':
    '<!doctype html><title>x</title><script type="importmap">{"imports":{"parts/":"./parts/","/parts/a.mjs":"./parts/b.mjs"}}</script><script type="module" src="main.mjs"></script>',
  'main.mjs': 'import "parts/b.mjs";',
  'w.mjs': `import './parts/a.mjs';
import { b } from 'parts/b.mjs';
import data from './data.json' with { type: 'json' };
import 'nowhere';
import 'https://elsewhere.test/x.mjs';
import './note.txt';
import(b + data);
`,
  'parts/a.mjs': 'export const a = import.meta.url;',
  'parts/b.mjs': 'export const b = 1;',
  'data.json': '{ "a": 1 }',
  'note.txt': 'a note',
};

const WORKER = { 'Sec-Fetch-Dest': 'worker', 'Sec-Fetch-Site': 'same-origin' };

async function manifestOf({ registry }: Served): Promise<Hash> {
  await registry.ready;
  const store = await registry.store();
  return (await store.head('dev'))!.manifest;
}

const ask = async ({ url }: Served, path: string, manifest: Hash) => {
  const response = await fetch(deployUrl(url + path, manifest), { headers: WORKER });
  const { status, headers } = response;
  return { status, text: await response.text(), caching: headers.get('Cache-Control') };
};

describe('a URL that names a deploy', () => {
  it('leads to the module with all that it imports of the same deploy', async () => {
    const site = await serve(SITE);
    const manifest = await manifestOf(site);
    const { status, text, caching } = await ask(site, 'w.mjs', manifest);
    expect(status).toBe(200);
    expect(caching).toContain('immutable');
    const query = `?modcast=${manifest}`;
    expect(text).toContain(`import "./parts/a.mjs${query}";`);
    expect(text).toContain(`from "./parts/b.mjs${query}";`);
    expect(text).toContain(`from "./data.json${query}" with`);
    // What is not of the site, or no module, stays as it is.
    expect(text).toContain(`import 'nowhere';`);
    expect(text).toContain('import "https://elsewhere.test/x.mjs";');
    expect(text).toContain('import "./note.txt";');
    expect(text).toContain('__modcast__(import.meta.url).import(b + data)');
    expect(text).toMatch(/\/\/# sourceURL=http:\/\/[\w.:]+\/w\.mjs$/);
  });

  it('leads to a module below the root, whose imports are relative: a proxy may add a path', async () => {
    const site = await serve({
      ...SITE,
      'lib/deep/c.mjs': `import '/parts/a.mjs';\nimport '../d.mjs';`,
      'lib/d.mjs': '',
    });
    const manifest = await manifestOf(site);
    const { text } = await ask(site, 'lib/deep/c.mjs', manifest);
    expect(text).toContain(`import "../../parts/a.mjs?modcast=${manifest}";`);
    expect(text).toContain(`import "../../lib/d.mjs?modcast=${manifest}";`);
    expect(text).toMatch(/\nimport "\.\.\/\.\.\/-\/worker\.js\?v=/);
  });

  it('leads to the same bytes after the file has changed', async () => {
    const site = await serve(SITE);
    const manifest = await manifestOf(site);
    const before = await ask(site, 'parts/b.mjs', manifest);
    await write(site.directory, { 'parts/b.mjs': 'export const b = 2;' });
    await site.registry.scan();
    expect(await ask(site, 'parts/b.mjs', manifest)).toEqual(before);
    expect(before.text).toContain('b = 1');
    const newer = await ask(site, 'parts/b.mjs', await manifestOf(site));
    expect(newer.text).toContain('b = 2');
  });

  it('keeps the query of the author’s in a stack', async () => {
    const site = await serve(SITE);
    const { text } = await ask(site, 'parts/b.mjs?part', await manifestOf(site));
    expect(text).toMatch(/\/parts\/b\.mjs\?part$/);
  });

  it('leads to JSON as it was written', async () => {
    const site = await serve(SITE);
    const { text, caching } = await ask(site, 'data.json', await manifestOf(site));
    expect(text).toBe(SITE['data.json']);
    expect(caching).toContain('immutable');
  });

  it.each([
    ['an unknown deploy', 'w.mjs', 'f'.repeat(64)],
    ['what is no module', 'note.txt', undefined],
  ])('leads to the file of the site: %s', async (_, path, hash) => {
    const site = await serve(SITE);
    const manifest = (hash ?? (await manifestOf(site))) as Hash;
    const { status, text, caching } = await ask(site, path, manifest);
    expect([status, text]).toEqual([200, SITE[path]]);
    expect(caching).not.toContain('immutable');
  });

  it('is 404 for what a worker of an unknown deploy imports', async () => {
    const site = await serve(SITE);
    const of = async (manifest: string, destination: string) => {
      const headers = { ...WORKER, 'Sec-Fetch-Dest': destination };
      return (await fetch(deployUrl(`${site.url}w.mjs`, manifest as Hash), { headers })).status;
    };
    expect(await of('f'.repeat(64), 'script')).toBe(404);
    // It starts natively, and so does all that it imports.
    expect(await of('f'.repeat(64), 'worker')).toBe(200);
    expect(await of(await manifestOf(site), 'script')).toBe(200);
  });

  it('is 404 where neither has the file', async () => {
    const site = await serve(SITE);
    expect((await ask(site, 'gone.mjs', await manifestOf(site))).status).toBe(404);
  });

  it('leads to a runtime only for a deploy that is known', async () => {
    const site = await serve(SITE);
    const manifest = await manifestOf(site);
    const known = await ask(site, '-/worker.js', manifest);
    expect([known.status, known.caching?.includes('immutable')]).toEqual([200, true]);
    expect(known.text).toContain(manifest);
    expect((await ask(site, '-/worker.js', 'f'.repeat(64) as Hash)).status).toBe(404);
  });

  it.each([
    ['/-/', '../'],
    ['/tools/modcast/', '../../'],
  ])('leads to a runtime below %s that finds the root of the site at %s', async (prefix, root) => {
    const site = await serve(SITE, { prefix });
    const { text } = await ask(site, `${prefix.slice(1)}worker.js`, await manifestOf(site));
    expect(/"root":"([^"]*)"/.exec(text)?.[1]).toBe(root);
  });

  it('leads to the runtime at a prefix that the registry had before: browsers have cached it', async () => {
    const site = await serve(SITE, { prefix: '/modules/' });
    const manifest = await manifestOf(site);
    const former = await ask(site, 'old/one/worker.js?v=1', manifest);
    expect([former.status, former.text.includes('"../../"')]).toEqual([200, true]);
    const now = await ask(site, 'modules/worker.js?v=1', manifest);
    expect(now.text.replace('"../"', '"../../"')).toBe(former.text);
    expect((await ask(site, 'old/worker.js?v=1', 'f'.repeat(64) as Hash)).status).toBe(404);
    expect((await ask(site, 'old/worker.js', manifest)).status).toBe(404);
  });

  it('leads to WebAssembly of the same deploy, where it contains that', async () => {
    const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    const files = { 'w.mjs': 'import source x from "./x.wasm";', 'x.wasm': wasm };
    const site = await serve(files, { include: ['**/*'] });
    const manifest = await manifestOf(site);
    expect((await ask(site, 'w.mjs', manifest)).text).toContain(`"./x.wasm?modcast=${manifest}"`);
    await write(site.directory, { 'x.wasm': 'another' });
    const response = await fetch(deployUrl(`${site.url}x.wasm`, manifest));
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'application/wasm']);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(wasm);
  });

  it('leads to a runtime with hot reload where the server watches', async () => {
    const textOf = async (watch: boolean) => {
      const site = await serve(SITE, { watch });
      const { text } = await ask(site, '-/worker.js', await manifestOf(site));
      return text;
    };
    expect(await textOf(false)).not.toContain('invalidate');
    expect(await textOf(true)).toContain('invalidate');
  });
});
