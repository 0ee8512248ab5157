import { describe, expect, it } from 'vitest';
import { deployUrl } from '../../../../../importmap/index.js';
import { decodeFusion, type Fusion, type Hash } from '../../../../../schema/index.js';
import { open, site, type Files } from '../../site.js';

const FILES: Files = {
  'index.html': '<!doctype html><title>x</title><script type="module" src="app/main.mjs"></script>',
  'app/main.mjs': `new Worker(new URL('../work/w.mjs', import.meta.url), { type: 'module' });`,
  'work/w.mjs': `import { b } from './b.mjs';
import data from './data.json' with { type: 'json' };
await b;
import('./piece.mjs');
self.data = data;`,
  'work/a.mjs': 'export const a = import.meta.url;',
  'work/b.mjs': `import { a } from './a.mjs';\nexport const b = a;`,
  'work/piece.mjs': `import { b } from './b.mjs';\nexport const piece = b;`,
  'work/data.json': '{ "a": 1 }',
};

const WORKER = { 'Sec-Fetch-Dest': 'worker' };
const IMPORT = { 'Sec-Fetch-Dest': 'script' };

async function served() {
  const registry = open({ directory: await site(FILES), watch: false, fuse: true });
  await registry.fused();
  const ask = async (target: string, headers: Record<string, string> = IMPORT) =>
    (await registry.handle(new Request(`http://localhost${target}`, { headers })))!;
  const textOf = async (target: string) => (await ask(target)).text();
  const store = await registry.store();
  const { manifest } = (await store.head('dev'))!;
  const hash = (await ask('/-/channels/dev/manifest.json')).headers.get('Modcast-Fusion')! as Hash;
  const fusion: Fusion = decodeFusion(new Uint8Array(await (await ask(`/-/blobs/${hash}`)).arrayBuffer()));
  const at = (place: string, name: string = hash) => deployUrl(`/${place}`, `${manifest}.${name as Hash}`);
  return { ask, textOf, manifest, hash, fusion, at };
}

describe('a URL that names a deploy and its fusion', () => {
  it('leads to single modules whose imports keep the name, and to what leads to runs', async () => {
    const { ask, textOf, fusion, manifest, hash, at } = await served();
    expect(fusion.workers).toEqual(['work/w.mjs']);
    const name = `?modcast=${manifest}.${hash}`;
    const w = await ask(at('work/w.mjs'), WORKER);
    expect(w.headers.get('Cache-Control')).toContain('immutable');
    const text = await w.text();
    expect(text).toContain(`from "../work/b.mjs${name}";`);
    expect(text).toContain(`from "../work/data.json${name}" with`);
    expect(text).toContain('__modcast__(import.meta.url).import(');
    expect(text).toMatch(/import "\.\.\/-\/worker\.js\?v=[^"]*\.[\da-f]{64}";/);
    const [run] = fusion.runs;
    expect(run!.members).toEqual(['work/a.mjs', 'work/b.mjs']);
    const facade = await textOf(at('work/b.mjs'));
    expect(facade).toContain(`from "../-/runs/${run!.hash}/work/b.mjs${name}"`);
    expect(facade).not.toContain('modcast:');
    const code = await ask(at(`-/runs/${run!.hash}/work/b.mjs`));
    expect(code.headers.get('Cache-Control')).toContain('immutable');
    expect(code.headers.get('SourceMap')).toBe(`../../${run!.hash}.map`);
    const joined = await code.text();
    expect(joined).toContain('__modcast__("modcast:module/work/a.mjs").own(import.meta)');
    expect(joined).toMatch(/\nimport "\.\.\/\.\.\/\.\.\/\.\.\/-\/worker\.js/);
    expect(await textOf(at('work/data.json'))).toBe(FILES['work/data.json']);
    expect(await textOf(at(`-/worker.js?v=1`))).toContain(`"fusion":"${hash}"`);
  });

  it('leads to a module of its own with a query, with a fragment, and spelled otherwise', async () => {
    const { textOf, at } = await served();
    for (const other of [at('work/a.mjs?v'), `${at('work/a.mjs')}~`, at('work/%61.mjs')])
      expect(await textOf(other)).toContain('export const a = __modcast__(import.meta.url)');
  });

  it('lets a worker start with single modules where the fusion is gone, and no import continue so', async () => {
    const { ask, manifest, fusion, at } = await served();
    const gone = 'e'.repeat(64);
    const first = await ask(at('work/w.mjs?v=1', gone), WORKER);
    expect([first.status, first.headers.get('Location')]).toEqual([
      302,
      `/work/w.mjs?v=1&modcast=${manifest}`,
    ]);
    expect(first.headers.get('Cache-Control')).toBe('no-store');
    // Over plain HTTP, and from a service worker, only the referrer tells.
    const page = { Referer: 'http://localhost/' };
    for (const headers of [page, { ...page, 'Sec-Fetch-Dest': 'empty' }])
      expect((await ask(at('work/w.mjs', gone), headers)).status).toBe(302);
    const referrer = { ...WORKER, Referer: `http://localhost${at('work/w.mjs', gone)}` };
    for (const headers of [IMPORT, {}, referrer])
      expect((await ask(at('work/b.mjs', gone), headers)).status).toBe(404);
    expect((await ask(at(`-/runs/${fusion.runs[0]!.hash}/work/b.mjs`, gone))).status).toBe(404);
    expect((await ask(at(`-/runs/${gone}/work/b.mjs`))).status).toBe(404);
  });

  it('has to be of the same deploy', async () => {
    const { ask, hash } = await served();
    const other = deployUrl('/work/b.mjs', `${'d'.repeat(64)}.${hash}`);
    expect((await ask(other)).status).toBe(404);
  });
});
