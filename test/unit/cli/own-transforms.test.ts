import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type Transform } from '../../../registry/index.js';
import { eventually } from '../../eventually.js';
import { GitRepository } from '../registry/git/git-repository.js';
import { NAVIGATION, later, open, site, temporary, write, type Files } from '../registry/site.js';
import { modcast } from './program.js';

/** A note imports what its first lines say, and exports its text. */
const config = (name: string, version = '1') => `
export default {
  transforms: [{
    name: 'note',
    version: '${version}',
    filter: (file) => file.endsWith('.note'),
    transform(source) {
      if (source.includes('unreadable')) throw new Error('this note is unreadable');
      const imports = source.split('\\n').filter((line) => line.startsWith('import ')).join('\\n');
      return { code: imports + '\\nexport default ${name}(' + JSON.stringify(source) + ');\\nfunction ${name}(text) { return text; }\\n', map: null };
    },
  }],
};
`;

const FILES: Files = {
  'index.html': '<!doctype html><script type="module" src="main.js"></script>',
  'main.js': "import text from './a.note';\nconsole.log(text);\n",
  'a.note': "import './part.js';\nhello\n",
  'part.js': 'export const part = 1;\n',
};

let directory: string;
let folder: string;
let db: string;
beforeEach(async () => {
  directory = await site(FILES);
  folder = await site({ 'own.mjs': config('first'), 'other.mjs': config('second', '2') });
  db = path.join(folder, 'registry.db');
});

const at = (name: string) => path.join(folder, name);
const run = (...args: string[]) => modcast(directory, [...args, '--config', at('own.mjs')]);
const inDatabase = (...args: string[]) => run(...args, '--db', db);

async function published(...args: string[]): Promise<void> {
  const { code, err } = await inDatabase('publish', '.', ...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
}

async function transformsOf(name: string): Promise<Transform[]> {
  const { default: found } = (await import(pathToFileURL(at(name)).href)) as {
    default: { transforms: Transform[] };
  };
  return found.transforms;
}

async function inStore<T>(
  work: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<T>,
): Promise<T> {
  const store = await openSqliteStore(db);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The names and hashes of runs in the database. */
const runsMade = () =>
  inStore(async (store) =>
    (await store.derivedPage(0, 1000)).items.filter(({ kind }) => kind === 'run').map(({ hash }) => hash),
  );

interface Fused {
  readonly runs: readonly { readonly name: string; readonly hash: string; readonly members: string[] }[];
}

async function fused(file = 'own.mjs'): Promise<Fused> {
  const { code, out } = await modcast(directory, ['fuse', '--json', '--db', db, '--config', at(file)]);
  expect(code).toBe(0);
  return JSON.parse(out) as Fused;
}

describe('modcast check --config', () => {
  it('checks what transforms make of files', async () => {
    expect(await run('check')).toMatchObject({ code: 0 });
    await write(directory, { 'a.note': "import './nowhere.js';\n" });
    expect((await modcast(directory, ['check'])).code).toBe(0);
    const { code, out } = await run('check');
    expect(code).toBe(1);
    expect(out).toContain('a.note');
    expect(out).toContain('nowhere.js');
  });

  it('reports what a transform throws, and only for files that pages load', async () => {
    await write(directory, { 'unused.note': 'unreadable' });
    expect(await run('check')).toMatchObject({ code: 0 });
    await write(directory, { 'a.note': 'unreadable' });
    const { code, out } = await run('check');
    expect([code, out]).toEqual([1, expect.stringContaining('this note is unreadable')]);
  });

  it('parses no file as it is that a transform takes', async () => {
    await write(directory, {
      'main.js': "<template>\nimport './part.js';\n",
      'own.mjs': config('first').replace('.note', 'main.js'),
    });
    expect((await modcast(directory, ['check'])).code).toBe(1);
    const { code, out } = await modcast(directory, ['check', '--config', 'own.mjs', '--exclude', 'own.mjs']);
    expect(out).toBe('No errors: checked 4 files\n');
    expect(code).toBe(0);
  });

  it('selects the files that transforms take besides those of --include', async () => {
    const args = ['check', '--include', '**/*.{html,js}'];
    expect((await modcast(directory, args)).out).toBe('No errors: checked 3 files\n');
    expect((await run(...args)).out).toBe('No errors: checked 4 files\n');
    expect((await run(...args, '--exclude', '*.note')).out).toBe('No errors: checked 3 files\n');
  });

  it('names a configuration that is missing, from the working directory', async () => {
    const { code, err } = await modcast(directory, ['check', '--config', 'own.mjs']);
    expect([code, err]).toEqual([2, expect.stringContaining('--config own.mjs: there is no such file')]);
  });
});

describe('modcast publish --config', () => {
  it('refuses a site that does not work when it is transformed', async () => {
    await write(directory, { 'a.note': "import './nowhere.js';\n" });
    const { code, err } = await inDatabase('publish', '.');
    expect([code, err]).toEqual([1, expect.stringContaining('nowhere.js')]);
    expect(await inDatabase('publish', '.', '--allow-missing')).toMatchObject({ code: 0 });
  });

  it('publishes a site of which all modules are transformed', async () => {
    directory = await site({ 'a.note': 'hello', 'photo.png': 'x' });
    expect((await modcast(directory, ['publish', '.', '--db', db])).code).toBe(1);
    await published();
  });

  it('publishes the packages that transformed modules import by name', async () => {
    await write(directory, {
      'a.note': "import 'tiny';\n",
      'package.json': '{"dependencies":{"tiny":"1.0.0"}}',
      'node_modules/tiny/package.json': '{"name":"tiny","version":"1.0.0","main":"index.js","type":"module"}',
      'node_modules/tiny/index.js': 'export {};\n',
    });
    await published();
    const { out } = await modcast(directory, ['show', 'production:', '--json', '--db', db]);
    expect(out).toContain('npm/tiny@1.0.0/index.js');
    expect((await inDatabase('status', '-s')).out).toBe('');
    expect((await inDatabase('diff')).out).toBe('');
    // Without the transform nothing imports the package.
    expect((await modcast(directory, ['status', '-s', '--db', db])).out).toContain('tiny');
    expect((await modcast(directory, ['diff', '--db', db])).out).toContain('tiny');
  });

  it('joins modules as transforms make them, and a server with the same ones serves these runs', async () => {
    await published();
    const before = await runsMade();
    const { runs } = await fused();
    expect(runs).toMatchObject([{ name: 'main.js', members: ['part.js', 'a.note', 'main.js'] }]);
    expect(before).toEqual([runs[0]!.hash]);
    const { get, runNames } = await served('own.mjs');
    expect(await runNames()).toEqual([`/-/runs/${runs[0]!.hash}/main.js`]);
    expect(await get(`/-/runs/${runs[0]!.hash}/main.js`)).toContain('first(');
    expect(await get('/a.note')).toContain('export default first(');
    expect(await runsMade()).toEqual(before);
  });

  it.each(['other.mjs', null])('is never what a server with others serves: %s', async (file) => {
    await published();
    const [own] = await runsMade();
    expect(own).toMatch(/^[\da-f]{64}$/);
    const { get, runNames } = await served(file);
    const note = await get('/a.note');
    if (file === null) {
      expect(note).toBe(FILES['a.note']);
      // The note is no module to it, so there are no two modules to join.
      expect(await get('/')).not.toContain(own);
      return;
    }
    expect(note).toContain('export default second(');
    const names = await runNames();
    expect(names).toHaveLength(1);
    expect(names[0]).not.toContain(own);
    expect(await get(names[0]!)).toContain('second(');
    expect(await get(names[0]!)).not.toContain('first(');
    expect(await get('/')).not.toContain(own);
  });
});

/** A server of the database without a directory, with the transforms of a file. */
async function served(file: string | null) {
  const transforms = file === null ? [] : await transformsOf(file);
  const registry = open({ database: db, channel: 'production', serveHead: true, transforms });
  const get = async (target: string): Promise<string> =>
    (await registry.handle(
      new Request(`http://localhost${target}`, target === '/' ? { headers: NAVIGATION } : {}),
    ))!.text();
  const runNames = () =>
    eventually(async () => {
      const found = [...new Set((await get('/')).match(/\/-\/runs\/[\da-f]{64}\/[\w.]+/g))];
      expect(found).not.toEqual([]);
      return found;
    });
  return { get, runNames };
}

describe('other commands with --config', () => {
  it('fuse shows the runs of transformed modules', async () => {
    await published('--no-fuse');
    expect((await fused()).runs).toMatchObject([{ members: ['part.js', 'a.note', 'main.js'] }]);
    expect((await fused('other.mjs')).runs[0]!.hash).not.toBe((await fused()).runs[0]!.hash);
  });

  it('map has the hashes of transformed modules', async () => {
    await published();
    const { out } = await inDatabase('map');
    const target = (JSON.parse(out) as { imports: Record<string, string> }).imports['/a.note']!;
    const { get } = await served('own.mjs');
    expect(await get(target)).toContain('export default first(');
    expect((await modcast(directory, ['map', '--db', db])).out).not.toContain('a.note');
  });

  it('export writes transformed modules and their runs, for a static host only', async () => {
    await published();
    const out = await temporary();
    const args = ['export', 'production', out, '--force'];
    expect(await inDatabase(...args, '--static', '--fuse')).toMatchObject({ code: 0, err: '' });
    expect(await readFile(path.join(out, 'a.note'), 'utf8')).toContain('export default first(');
    const [joined] = (await fused()).runs;
    expect(existsSync(path.join(out, `-/runs/${joined!.hash}/main.js`))).toBe(true);
    const { code, err } = await inDatabase(...args);
    expect([code, err]).toEqual([2, expect.stringContaining('--config needs --static')]);
  });

  it('status and diff read a directory as serve has read it', async () => {
    await write(directory, { 'photo.png': 'x', 'later.note': 'later' });
    const registry = open({ database: db, directory, transforms: await transformsOf('own.mjs') });
    const { modules } = (await registry.scan())!.manifest;
    expect([...modules.keys()]).toContain('later.note');
    expect([...modules.keys()]).not.toContain('photo.png');
    expect((await inDatabase('status', '-s', '--channel', 'dev')).out).toBe('');
    expect((await inDatabase('diff', 'dev', '.', '--name-status')).out).toBe('');
    await write(directory, { 'a.note': 'changed' });
    expect((await inDatabase('status', '-s', '--channel', 'dev')).out).toBe('M  a.note\n');
    expect((await inDatabase('diff', 'dev', '.', '--name-status')).out).toBe('M\ta.note\n');
  });

  it('export copies assets that serve has left out, and no files that transforms take', async () => {
    await write(directory, { 'photo.png': 'x' });
    const registry = open({ database: db, directory, transforms: await transformsOf('own.mjs') });
    await registry.scan();
    await write(directory, { 'later.note': 'later' });
    const out = await temporary();
    const args = ['export', 'dev', out, '--static', '--assets', '.'];
    expect(await inDatabase(...args)).toMatchObject({ code: 0, err: '' });
    const there = ['photo.png', 'a.note', 'later.note'].map((name) => existsSync(path.join(out, name)));
    expect(there).toEqual([true, true, false]);
  });

  it('import takes the files that serve takes', async () => {
    const repository = new GitRepository();
    later(() => repository.close());
    for (const [name, text] of Object.entries(FILES)) repository.write(name, text as string);
    repository.commit('one');
    expect(await inDatabase('import', '--git', repository.directory)).toMatchObject({ code: 0, err: '' });
    const { out } = await modcast(directory, ['ls', 'dev', '--db', db]);
    expect(out).toContain('a.note');
  });
});
