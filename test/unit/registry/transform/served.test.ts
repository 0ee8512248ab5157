import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import type { Registry } from '../../../../registry/index.js';
import { createServed } from '../../../../registry/transform/index.js';
import { open, site, temporary, write, type Files } from '../site.js';
import path from 'node:path';

const TYPED: Files = {
  'index.html': '<!doctype html><script type="module" src="/src/main.ts"></script>',
  'src/main.ts': `import { part } from './part';\nexport const main: number = part;\n`,
  'src/part.ts': 'export const part = 1 as number;\n',
};

interface Row {
  readonly hash: string;
  readonly type: string;
}

async function get(
  registry: Registry,
  target: string,
): Promise<{ status: number; text: string; type: string | null }> {
  const response = (await registry.handle(new Request(`http://localhost${target}`)))!;
  return { status: response.status, text: await response.text(), type: response.headers.get('Content-Type') };
}

async function servedRows(registry: Registry): Promise<Map<string, Row>> {
  const { text } = await get(registry, '/-/channels/dev/manifest.json');
  const { modules } = JSON.parse(text) as { modules: [string, string, number, string][] };
  return new Map(modules.map(([name, hash, , type]) => [name, { hash, type }]));
}

describe('a site in TypeScript', () => {
  it('is stored as written, and served as JavaScript under the hash of its code', async () => {
    const registry = open({ directory: await site(TYPED) });
    const { manifest } = (await registry.scan())!;
    const written = manifest.modules.get('src/main.ts')!;
    expect(written).toEqual({
      hash: blake3(new TextEncoder().encode(TYPED['src/main.ts'] as string)),
      size: (TYPED['src/main.ts'] as string).length,
      type: 'text/typescript',
    });
    const served = (await servedRows(registry)).get('src/main.ts')!;
    expect(served.type).toBe('text/javascript');
    expect(served.hash).not.toBe(written.hash);
    const blob = await get(registry, `/-/blobs/${served.hash}`);
    expect(blake3(new TextEncoder().encode(blob.text))).toBe(served.hash);
    expect(blob.text).toMatch(/^import \{ part \} from "\.\/part\.ts";\nexport const main = part;\n/);
  });

  it('is JavaScript at each URL where browsers ask for it', async () => {
    const registry = open({ directory: await site(TYPED) });
    await registry.scan();
    const { hash } = (await servedRows(registry)).get('src/main.ts')!;
    const { text } = await get(registry, '/-/channels/dev/manifest.json');
    const manifest = blake3(new TextEncoder().encode(text));
    for (const target of [
      '/src/main.ts',
      `/src/main.ts?modcast=${manifest}`,
      `/-/modules/${hash}/src/main.ts`,
      '/-/deploys/1/at/src/main.ts',
    ]) {
      const answer = await get(registry, target);
      expect({ target, type: answer.type, status: answer.status }).toEqual({
        target,
        type: 'text/javascript',
        status: 200,
      });
      expect(answer.text).toContain('export const main = part');
    }
  });

  it('is transformed again where a file appears that an import names', async () => {
    const directory = await site({
      ...TYPED,
      'src/part.ts': 'export {}',
      'src/main.ts': `import './later';`,
    });
    const registry = open({ directory });
    await registry.scan();
    expect((await get(registry, '/src/main.ts')).text).toContain('"./later"');
    await write(directory, { 'src/later/index.tsx': 'export {}' });
    await registry.scan();
    expect((await get(registry, '/src/main.ts')).text).toContain('"./later/index.tsx"');
  });

  it('is the same from another process, and when what was derived is dropped', async () => {
    const directory = await site(TYPED);
    const database = path.join(await temporary(), 'registry.db');
    const first = open({ directory, database });
    await first.scan();
    const rows = await servedRows(first);
    const { hash } = rows.get('src/main.ts')!;
    await first.close();
    const second = open({ directory, database });
    await second.scan();
    expect(await servedRows(second)).toEqual(rows);
    const store = await second.store();
    const { items } = await store.derivedPage(0, 1000);
    expect(items.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['transform', 'module', 'site']));
    await store.dropDerived(items);
    expect((await get(second, `/-/blobs/${hash}`)).status).toBe(200);
  });

  it('names a syntax error in the problems, and is deployed', async () => {
    const directory = await site({ ...TYPED, 'src/part.ts': 'export const part: number = ;' });
    const registry = open({ directory });
    const problems = new Promise((resolve) => registry.on('problems', resolve));
    await registry.scan();
    expect(await problems).toMatchObject([{ path: 'src/part.ts', line: 1, column: 29, severity: 'error' }]);
  });
});

it('serves a site without anything to transform under its own manifest', async () => {
  const registry = open({ directory: await site({ 'main.js': 'import "./a.js";', 'a.js': '' }) });
  const { deploy } = (await registry.scan())!;
  const { store } = createServed({ store: await registry.store() });
  expect((await store.head('dev'))!.manifest).toBe(deploy.manifest);
  expect((await (await registry.store()).derivedPage(0, 10)).items).toEqual([]);
});

it('leaves a transport stream alone', async () => {
  const video = new Uint8Array(376);
  video[0] = video[188] = 0x47;
  const registry = open({ directory: await site({ 'live.ts': video }) });
  await registry.scan();
  expect((await servedRows(registry)).get('live.ts')!.type).toBe('text/typescript');
  expect(await get(registry, '/live.ts')).toMatchObject({ status: 200, type: 'video/mp2t' });
});

it('has the files of public/ at its root, too', async () => {
  const registry = open({
    directory: await site({ ...TYPED, 'public/a.json': '1', 'public/b.svg': '<svg/>' }),
  });
  await registry.scan();
  expect((await servedRows(registry)).get('a.json')).toEqual(
    (await servedRows(registry)).get('public/a.json'),
  );
  expect(await get(registry, '/b.svg')).toMatchObject({ status: 200, type: 'image/svg+xml' });
});

it('takes files whose text is imported, and keeps secrets out', async () => {
  const files = {
    'main.js': `import text from './note.glsl?raw';\nconsole.log(text, import.meta.env.VITE_A, import.meta.env.SECRET);`,
    'note.glsl': 'void',
    '.env': 'SECRET=topsecret\nVITE_A=public',
  };
  const directory = await site(files);
  const registry = open({ directory });
  const { manifest } = (await registry.scan())!;
  expect([...manifest.modules.keys()].toSorted()).toEqual(['main.js', 'modcast.recipe.json', 'note.glsl']);
  expect((await get(registry, '/main.js')).text).toContain('console.log(text, "public", (void 0));');
  expect((await get(registry, '/note.glsl@raw.js')).text).toBe('export default "void";\n');
  const { hash } = manifest.modules.get('modcast.recipe.json')!;
  const recipe = await get(registry, `/-/blobs/${hash}`);
  expect(recipe.text).toContain('public');
  expect(recipe.text).not.toContain('topsecret');
});

it('runs the transforms of the owner first, and again when their dependencies change', async () => {
  const directory = await site({ 'main.js': `import './page.md';`, 'page.md': 'a', 'name.md': 'one' });
  const registry = open({
    directory,
    include: ['**/*.{js,md}'],
    transforms: [
      {
        name: 'markdown',
        version: '1',
        filter: (file) => file === 'page.md',
        transform: async (source, _, { files }) => ({
          code: `export default ${JSON.stringify(source + new TextDecoder().decode(await files.read('name.md')))};`,
          map: null,
          deps: ['name.md'],
        }),
      },
    ],
  });
  await registry.scan();
  expect(await get(registry, '/page.md')).toMatchObject({
    text: 'export default "aone";',
    type: 'text/javascript',
  });
  await write(directory, { 'name.md': 'two' });
  await registry.scan();
  expect((await get(registry, '/page.md')).text).toBe('export default "atwo";');
});

it('parses no file as it is that a transform of the owner takes', async () => {
  const directory = await site({ 'main.js': '<template>', 'other.js': '<template>' });
  const view = {
    name: 'view',
    version: '1',
    filter: (file: string) => file === 'main.js',
    transform: () => ({ code: 'export default 1;', map: null }),
  };
  const database = path.join(await temporary(), 'registry.db');
  const first = open({ directory, database, transforms: [view] });
  expect((await first.scan())!.problems).toMatchObject([{ path: 'other.js' }]);
  await first.close();
  const without = open({ directory, database });
  expect((await without.scan())!.problems).toMatchObject([{ path: 'main.js' }, { path: 'other.js' }]);
});
