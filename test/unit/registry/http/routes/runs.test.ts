import { createHash } from 'node:crypto';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../../../registry/store/sqlite.js';
import { blake3 } from '../../../../../registry/hash.js';
import { decodeFusion } from '../../../../../schema/index.js';
import { open, site, temporary, write, type Files } from '../../site.js';

const UNKNOWN = 'a'.repeat(64);

const FUSED: Files = {
  'index.html': '<!doctype html><script type="module" src="./lib/main.mjs"></script>',
  'lib/main.mjs': "import { a } from './a.mjs';\nexport const twice = 2 * a;\n",
  'lib/a.mjs': 'export const a = 1;\n',
};

async function fused(files: Files = FUSED, options = {}) {
  const registry = open({ directory: await site(files), fuse: true, ...options });
  await registry.fused();
  const ask = async (target: string, headers = {}) =>
    (await registry.handle(new Request(`http://localhost${target}`, { headers })))!;
  const manifest = await ask('/-/channels/dev/manifest.json');
  return { registry, ask, hash: manifest.headers.get('Modcast-Fusion') };
}

async function firstRun(ask: (target: string) => Promise<Response>, hash: string) {
  const bytes = new Uint8Array(await (await ask(`/-/blobs/${hash}`)).arrayBuffer());
  return decodeFusion(bytes).runs[0]!;
}

describe('a deploy whose modules are joined', () => {
  it('names its fusion, which leads to runs that never change', async () => {
    const { ask, hash } = await fused();
    const document = await ask(`/-/blobs/${hash}`);
    expect(document.headers.get('Cache-Control')).toContain('immutable');
    expect(blake3(new Uint8Array(await document.arrayBuffer()))).toBe(hash);
    const run = await firstRun(ask, hash!);
    expect(run.members).toEqual(['lib/a.mjs', 'lib/main.mjs']);
    const code = await ask(`/-/runs/${run.hash}/lib/main.mjs`);
    expect(code.headers.get('Content-Type')).toBe('text/javascript');
    expect(code.headers.get('Cache-Control')).toContain('immutable');
    expect(code.headers.get('ETag')).toBe(`"${run.hash}"`);
    expect(blake3(new Uint8Array(await code.arrayBuffer()))).toBe(run.hash);
    const manifest = await ask('/-/deploys/1/manifest.json');
    expect(manifest.headers.get('Modcast-Fusion')).toBe(hash);
  });

  it.each(['/-/', '/a/b/'])('below %s has source maps with the modules as written', async (prefix) => {
    const files: Files = {
      ...FUSED,
      'lib/main.mjs': `import './ä 1%25.mjs';\n${String(FUSED['lib/main.mjs'])}`,
      'lib/ä 1%.mjs': 'export const b = import.meta.url;\n',
    };
    const registry = open({ directory: await site(files), fuse: true, prefix });
    await registry.fused();
    const ask = async (target: string) =>
      (await registry.handle(new Request(new URL(target, 'http://localhost'))))!;
    const manifest = await ask(`${prefix}channels/dev/manifest.json`);
    const blob = await ask(`${prefix}blobs/${manifest.headers.get('Modcast-Fusion')}`);
    const run = decodeFusion(new Uint8Array(await blob.arrayBuffer())).runs[0]!;
    const place = new URL(`${prefix}runs/${run.hash}/${run.name}`, 'http://localhost');
    const code = await ask(place.href);
    const mapUrl = new URL(code.headers.get('SourceMap')!, place);
    const map = (await (await ask(mapUrl.href)).json()) as { sources: string[]; sourcesContent: string[] };
    const sources = map.sources.map((source, at) => [
      decodeURIComponent(new URL(source, mapUrl).pathname),
      map.sourcesContent[at],
    ]);
    expect(sources).toEqual(
      expect.arrayContaining(
        ['lib/a.mjs', 'lib/ä 1%.mjs', 'lib/main.mjs'].map((path) => [`/${path}`, files[path]]),
      ),
    );
  });

  it('has no run of another hash', async () => {
    const { ask } = await fused();
    for (const target of [`/-/runs/${UNKNOWN}/lib/main.mjs`, `/-/runs/${UNKNOWN}.map`]) {
      expect((await ask(target)).status).toBe(404);
    }
  });
});

it('names no fusion where modules run singly', async () => {
  const registry = open({ directory: await site(FUSED) });
  await registry.ready;
  for (const target of ['/-/channels/dev/manifest.json', '/-/deploys/1/manifest.json']) {
    const response = (await registry.handle(new Request(`http://localhost${target}`)))!;
    expect(response.headers.get('Modcast-Fusion')).toBeNull();
  }
});

describe('a browser that keeps dictionaries', () => {
  const LONG = 'lib/long.mjs';
  const textOf = (last: string) =>
    `${Array.from({ length: 400 }, (_, n) => `export const name${n} = ${n};`).join('\n')}\n${last}\n`;
  const filesOf = (last: string): Files => ({
    ...FUSED,
    'lib/a.mjs': `export * from './long.mjs';\nexport const a = 1;\n`,
    [LONG]: textOf(last),
  });

  it('gets what has changed in a run since the version that it has', async () => {
    const directory = await site(filesOf('export const last = 1;'));
    const registry = open({ directory, fuse: true });
    const ask = async (target: string, headers = {}) =>
      (await registry.handle(new Request(`http://localhost${target}`, { headers })))!;
    const newest = async () => {
      await registry.fused();
      const manifest = await ask('/-/channels/dev/manifest.json');
      const run = await firstRun(ask, manifest.headers.get('Modcast-Fusion')!);
      return `/-/runs/${run.hash}/lib/main.mjs`;
    };
    const first = await ask(await newest());
    expect(first.headers.get('Use-As-Dictionary')).toBe('match="/-/runs/*/lib/main.mjs"');
    expect(first.headers.get('Vary')).toContain('Available-Dictionary');
    const before = createHash('sha256')
      .update(new Uint8Array(await first.arrayBuffer()))
      .digest('base64');
    await write(directory, { [LONG]: textOf('export const changed = 2;') });
    await registry.scan();
    const headers = { 'Accept-Encoding': 'gzip, br, dcz', 'Available-Dictionary': `:${before}:` };
    const delta = await ask(await newest(), headers);
    expect(delta.headers.get('Content-Encoding')).toBe('dcz');
    expect(delta.headers.get('ETag')).toMatch(/^W\//);
    const bytes = new Uint8Array(await delta.arrayBuffer());
    expect(bytes.length).toBeLessThan(300);
    expect(new TextDecoder().decode(bytes)).toContain('changed');
  });

  it.each([
    ['a dictionary that is not known', 'gzip, dcz', `:${'A'.repeat(43)}=:`, 'gzip'],
    ['no dictionary', 'gzip, dcz', undefined, 'gzip'],
    ['something else for a dictionary', 'gzip, dcz', 'x', 'gzip'],
  ])('gets all of a run with %s', async (_, encodings, dictionary, coding) => {
    const { ask, hash } = await fused(filesOf('export const last = 1;'));
    const run = await firstRun(ask, hash!);
    const headers = {
      'Accept-Encoding': encodings,
      ...(dictionary && { 'Available-Dictionary': dictionary }),
    };
    const response = await ask(`/-/runs/${run.hash}/lib/main.mjs`, headers);
    expect(response.headers.get('Content-Encoding')).toBe(coding);
  });

  it('gets all of a run if it does not take deltas', async () => {
    const { ask, hash } = await fused(filesOf('export const last = 1;'));
    const run = await firstRun(ask, hash!);
    const url = `/-/runs/${run.hash}/lib/main.mjs`;
    const text = new Uint8Array(await (await ask(url)).arrayBuffer());
    const name = `:${createHash('sha256').update(text).digest('base64')}:`;
    for (const encodings of ['gzip', 'gzip, dcz;q=0']) {
      const headers = { 'Accept-Encoding': encodings, 'Available-Dictionary': name };
      expect((await ask(url, headers)).headers.get('Content-Encoding')).toBe('gzip');
    }
    const range = { 'Accept-Encoding': 'gzip, dcz', 'Available-Dictionary': name, Range: 'bytes=0-9' };
    expect((await ask(url, range)).headers.get('Content-Encoding')).toBeNull();
  });
});

describe('a server that joins nothing any more', () => {
  async function restarted(change: (database: string) => Promise<void> = () => Promise.resolve()) {
    const database = path.join(await temporary(), 'registry.db');
    const directory = await site(FUSED);
    const { registry, hash, ask: askBefore } = await fused(FUSED, { directory, database });
    const run = await firstRun(askBefore, hash!);
    await registry.close();
    await change(database);
    const next = open({ directory, database, fuse: false });
    await next.ready;
    const ask = async (target: string, headers = {}) =>
      (await next.handle(new Request(`http://localhost/-/${target}`, { headers })))!;
    return { ask, hash: hash!, run };
  }

  it('serves what was joined before, for pages that are open', async () => {
    const { ask, hash, run } = await restarted();
    expect((await ask(`runs/${run.hash}/lib/main.mjs`)).status).toBe(200);
    expect(await (await ask(`direct/${hash}/lib/a.mjs`)).text()).toContain('modcast:run/lib/main.mjs');
    expect((await ask(`blobs/${hash}`)).status).toBe(200);
    // Its source map would have to be made.
    expect((await ask(`runs/${run.hash}.map`)).status).toBe(404);
  });

  it('tells new pages of none', async () => {
    const { ask } = await restarted();
    const manifest = await ask('deploys/1/manifest.json');
    expect(manifest.headers.get('Modcast-Fusion')).toBeNull();
    const page = await ask('../', { Accept: 'text/html', 'Sec-Fetch-Dest': 'document' });
    expect(await page.text()).not.toMatch(/data-modcast-direct|fused-loader/);
  });

  it('has no run that was dropped, and makes none', async () => {
    const { ask, hash, run } = await restarted(async (database) => {
      const store = await openSqliteStore(database);
      await store.dropDerived([{ kind: 'fusion', key: (await store.head('dev'))!.manifest }]);
      await store.close();
    });
    for (const target of [`runs/${run.hash}/lib/main.mjs`, `direct/${hash}/lib/a.mjs`, `blobs/${hash}`])
      expect([target, (await ask(target)).status]).toEqual([target, 404]);
  });
});
