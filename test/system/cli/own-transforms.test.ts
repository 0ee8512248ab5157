import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { eventually } from '../../eventually.js';
import { NAVIGATION, later, site, temporary } from '../../unit/registry/site.js';

const MAIN = fileURLToPath(new URL('../../../dist/bin/modcast.js', import.meta.url));

const config = (word: string) => `
export default {
  transforms: [{
    name: 'note',
    version: '${word}',
    filter: (file) => file.endsWith('.note'),
    transform: (source) => ({
      code: "import './part.js';\\nexport default " + JSON.stringify('${word} ' + source) + ';\\n',
      map: null,
    }),
  }],
};
`;

const FILES = {
  'index.html': '<!doctype html><script type="module" src="main.js"></script>',
  'main.js': "import text from './a.note';\nglobalThis.text = text;\n",
  'a.note': 'hello',
  'part.js': 'globalThis.part = 1;\n',
};

const modcast = (cwd: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } });

/** A server of the database's channel production, in a process. */
async function served(cwd: string, ...args: string[]) {
  const child = spawn(
    process.execPath,
    [MAIN, 'serve', '--no-dir', '--channel', 'production', '--port', '0', ...args],
    { cwd, env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const stop = async () => {
    if (child.exitCode !== null || !child.kill()) return;
    await once(child, 'exit');
  };
  later(stop);
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    url = /http:\S+/.exec(line)?.[0];
    if (url !== undefined) break;
  }
  if (url === undefined) throw new Error('the server has ended');
  const get = async (target: string) => {
    const headers = target === '/' ? NAVIGATION : undefined;
    return (await fetch(new URL(target, url), headers === undefined ? {} : { headers })).text();
  };
  /** What the page runs. */
  const run = () =>
    eventually(async () => {
      const target = /\/-\/runs\/[\da-f]{64}\/[\w.]+/.exec(await get('/'))?.[0];
      expect(target).toBeDefined();
      return target!;
    });
  return { get, run, stop };
}

it('serves what publish has joined with the same configuration, and with another one its own', async () => {
  const directory = await site(FILES);
  // Commands find a configuration from where they run.
  const cwd = await site({ 'own.mjs': config('first'), 'other.mjs': config('second') });
  const db = path.join(await temporary(), 'registry.db');
  const own = ['--db', db, '--config', 'own.mjs'];
  await modcast(cwd, 'check', directory, '--config', 'own.mjs');
  await modcast(cwd, 'publish', directory, ...own);
  const { runs } = JSON.parse((await modcast(cwd, 'fuse', '--json', ...own)).stdout) as {
    runs: { name: string; hash: string; members: string[] }[];
  };
  expect(runs).toMatchObject([{ members: ['part.js', 'a.note', 'main.js'] }]);
  const published = `/-/runs/${runs[0]!.hash}/${runs[0]!.name}`;

  const first = await served(cwd, ...own);
  expect(await first.run()).toBe(published);
  expect(await first.get(published)).toContain('first hello');
  expect(await first.get('/a.note')).toContain('export default "first hello"');

  await first.stop();
  const second = await served(cwd, '--db', db, '--config', 'other.mjs');
  const made = await second.run();
  expect(made).not.toBe(published);
  expect(await second.get(made)).toContain('second hello');
  expect(await second.get('/a.note')).toContain('export default "second hello"');
});
