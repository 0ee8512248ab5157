import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../../registry/hash.js';
import { decodeFusion } from '../../../../../schema/index.js';
import { open, site, type Files } from '../../site.js';

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
