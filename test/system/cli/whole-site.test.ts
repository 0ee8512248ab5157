import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { site, temporary, write } from '../../unit/registry/site.js';

const MAIN = fileURLToPath(new URL('../../../dist/bin/modcast.js', import.meta.url));

/** Bytes that look like those of a compressed file, the same in each run. */
const noise = (length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
};

const ASSETS = {
  'img/logo.png': noise(3000),
  'fonts/text.woff2': noise(20_000),
  'app.wasm': Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
  'media/clip.mp4': noise(9_000_000),
  'img/größe ✓.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'empty.bin': '',
  LICENSE: 'MIT\n',
  '.well-known/security.txt': 'Contact: mailto:x@example.org\n',
};
const FILES = {
  ...ASSETS,
  'index.html': '<!doctype html><title>x</title><script type="module" src="main.mjs"></script>',
  'main.mjs': 'import data from "./data.json" with { type: "json" };\nimport "./lib/a.mjs";\n',
  'lib/a.mjs': 'export const url = new URL("../app.wasm", import.meta.url);\n',
  'data.json': '{ "a": 1 }\n',
  'style.css': 'body { background: url(img/logo.png) }\n',
};
const LEFT_OUT = { '.env': 'SECRET=1', 'node_modules/x/x.png': noise(10), 'main.mjs~': 'old' };

let server: ChildProcess | undefined;
afterEach(() => server?.kill('SIGKILL'));

function modcast(args: string[], env: Record<string, string> = {}) {
  const options = { encoding: 'utf8', env: { ...process.env, ...env, NO_COLOR: '1' } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { status, stdout, stderr };
}

async function serveHead(db: string): Promise<string> {
  const args = ['serve', '--no-dir', '--db', db, '--channel', 'production', '--port', '0'];
  server = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout! })) {
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('the server has ended');
}

const urlOf = (root: string, name: string) => root + name.split('/').map(encodeURIComponent).join('/');

/** The site's files as a client that is no navigation gets them. */
async function expectServed(root: string, files: Readonly<Record<string, string | Uint8Array>>) {
  for (const [name, content] of Object.entries(files)) {
    const response = await fetch(urlOf(root, name));
    expect([name, response.status]).toEqual([name, 200]);
    const isSame = Buffer.from(await response.arrayBuffer()).equals(Buffer.from(content));
    expect([name, isSame]).toEqual([name, true]);
  }
}

it('a site that is published over HTTP is served whole, byte for byte, without its directory', async () => {
  const directory = await site({ ...FILES, ...LEFT_OUT });
  const db = path.join(await temporary(), 'registry.db');
  const root = await serveHead(db);
  const token = modcast(['token', 'create', '--scope', 'publish:production', '--db', db]);
  const env = { MODCAST_TOKEN: /mc_[\w-]+/.exec(token.stdout)![0] };

  const first = modcast(['publish', directory, '--to', root], env);
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.stdout).toMatch(/deploy 1 on production · 13 added · 13 blobs sent, 9\.02 MB\n/);
  expect(first.stdout).toMatch(/\n {2}4 modules, 186 B · 1 page, 77 B · 8 assets, 9\.02 MB\n$/);
  await expectServed(root, FILES);
  for (const name of Object.keys(LEFT_OUT)) {
    expect([name, (await fetch(urlOf(root, name))).status]).toEqual([name, 404]);
  }

  const second = modcast(['publish', directory, '--to', root], env);
  expect(second.stdout).toBe('Nothing to publish: deploy 1 on production has this content already.\n');

  // Only what has changed is sent. The file that was left out is gone.
  await write(directory, { 'img/logo.png': 'new' });
  const third = modcast(['publish', directory, '--to', root, '--exclude', '**/*.mp4'], env);
  expect(third.stdout).toMatch(/deploy 2 on production · 1 changed, 1 removed · 1 blob sent, 3 B\n/);
  const { 'media/clip.mp4': _, ...rest } = FILES;
  await expectServed(root, { ...rest, 'img/logo.png': 'new' });
  expect((await fetch(`${root}media/clip.mp4`)).status).toBe(404);

  const out = path.join(await temporary(), 'out');
  expect(modcast(['export', '1', out, '--db', db]).stdout).toMatch(/^Wrote 13 files of deploy 1/);
  const again = modcast(['diff', '1', out, '--db', db, '--exit-code']);
  expect(again).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(modcast(['verify', '--db', db])).toMatchObject({ status: 0 });
  const changed = modcast(['diff', '1', '2', '--db', db]);
  expect(changed.stdout).toContain('Binary files a/img/logo.png and b/img/logo.png differ\n');
  expect(modcast(['show', '2:img/logo.png', '--db', db]).stdout).toBe('new');

  server!.kill('SIGTERM');
  await once(server!, 'close');
  expect(modcast(['gc', '--db', db, '--keep', '1']).status).toBe(0);
  expect(
    await serveHead(db)
      .then((url) => fetch(`${url}img/logo.png`))
      .then((r) => r.text()),
  ).toBe('new');
});
