import { cp, mkdir, rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportStatic } from '../../../registry/export/index.js';
import { open, later, temporary, write, type Files } from '../../unit/registry/site.js';
import { type ChromiumBrowser, launchChromium } from '../engines/chromium.js';
import { serveNative } from '../serve-native.js';

let browser: ChromiumBrowser;
beforeAll(async () => void (browser = await launchChromium()));
afterAll(() => browser.close());

const FAULTS = path.join(import.meta.dirname, '../../fixtures/faults');

/** A copy of a folder of `test/fixtures/faults`, with more files. */
async function copyOf(fault: string, more: Files = {}): Promise<string> {
  const directory = path.join(await temporary(), 'site');
  await cp(path.join(FAULTS, fault), directory, { recursive: true, verbatimSymlinks: true });
  await write(directory, more);
  return directory;
}

interface Visit {
  readonly page: Page;
  /** Resolves when the console has shown all of these lines, in any order. */
  readonly shows: (...lines: string[]) => Promise<void>;
  readonly lines: readonly string[];
}

async function visit(url: string): Promise<Visit> {
  const page = await browser.newPage();
  later(() => page.close());
  const lines: string[] = [];
  let wake = () => {};
  const see = (line: string) => {
    lines.push(line);
    wake();
  };
  page.on('console', (message) => see(message.text()));
  page.on('pageerror', (error) => see(String(error)));
  await page.goto(url);
  const shows = async (...wanted: string[]) => {
    while (!wanted.every((line) => lines.includes(line))) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { page, shows, lines };
}

/** A page that uses names of every kind that a file system of POSIX has, by import and by `fetch`. */
const NAMES = [
  'C:x.mjs',
  'a\\b.mjs',
  'd::e.mjs',
  'q?r.mjs',
  'end..mjs',
  'com1.mjs',
  'C:/in/x.mjs',
  '%2e.mjs',
];
const urlOf = (name: string) => `./${name.split('/').map(encodeURIComponent).join('/')}`;
const MORE: Files = {
  ...Object.fromEntries(NAMES.map((name) => [name, `console.log('ran', ${JSON.stringify(name)});`])),
  'names.mjs': `${NAMES.map((name) => `import ${JSON.stringify(urlOf(name))};`).join('\n')}
    for (const name of ${JSON.stringify(NAMES.map(urlOf))})
      console.log('fetched', name, (await fetch(new URL(name, import.meta.url))).status);`,
};
const RAN = NAMES.map((name) => `ran ${name}`);
const FETCHED = NAMES.map((name) => `fetched ${urlOf(name)} 200`);
const WITH_NAMES = '<!doctype html><meta charset=utf-8><script type=module src=names.mjs></script>';

describe('hash-in-a-name: names that are special elsewhere', () => {
  it.each(['serve', 'a second visit', '--no-dir', 'static export'])('work in %s', async (how) => {
    const directory = await copyOf('hash-in-a-name', { ...MORE, 'names.html': WITH_NAMES });
    const out = path.join(path.dirname(directory), 'out');
    let url: string;
    // Images and other files that no deploy contains are left to another server.
    const include = ['**/*.{mjs,json,html,svg}'];
    if (how === 'static export') {
      const registry = open({ directory, include });
      const { deploy } = (await registry.ready)!;
      await exportStatic({
        store: await registry.store(),
        deploy: deploy.number,
        directory: out,
        force: false,
        base: '/',
        assets: directory,
      });
      const served = await serveNative(out);
      later(() => served.close());
      url = served.url;
    } else if (how === '--no-dir') {
      const database = path.join(path.dirname(directory), 'a.db');
      const publisher = open({ directory, database, include });
      await publisher.ready;
      await publisher.close();
      ({ url } = await open({ database, serveHead: true }).listen());
    } else ({ url } = await open({ directory }).listen());
    const given = await visit(url);
    await given.shows('data 200', 'worker hi', 'img');
    const { page, shows, lines } = await visit(`${url}names.html`);
    await shows(...RAN, ...FETCHED);
    if (how !== 'a second visit') return;
    await page.evaluate(() => modcast!.ready);
    const before = lines.length;
    await page.reload();
    await shows(...RAN, ...FETCHED);
    expect(lines.slice(before).filter((line) => /error/i.test(line))).toEqual([]);
  });

  it('take a save without a reload', async () => {
    const hot = (n: number) => `console.log('version ${n}'); import.meta.hot.accept();`;
    const directory = await copyOf('hash-in-a-name', {
      'c#/hot.mjs': hot(1),
      'index.html': '<!doctype html><script type=module src=c%23/hot.mjs></script>',
    });
    const { url } = await open({ directory, watch: true }).listen();
    const { page, shows } = await visit(url);
    await shows('version 1');
    await page.evaluate(() => modcast!.ready);
    await page.evaluate(() => Object.assign(globalThis, { kept: true }));
    await write(directory, { 'c#/hot.mjs': hot(2) });
    await shows('version 2');
    expect(await page.evaluate(() => 'kept' in globalThis)).toBe(true);
  });
});

it('pnpm-links: a package that pnpm installed loads by its link', async () => {
  const directory = await copyOf('pnpm-links', {
    'node_modules/.pnpm/greet@1.0.0/node_modules/greet/index.js': "export const g = 'hello';",
  });
  await symlink('.pnpm/greet@1.0.0/node_modules/greet', path.join(directory, 'node_modules/greet'));
  const { url } = await open({ directory }).listen();
  await (await visit(url)).shows('hello');
  const direct = await fetch(`${url}node_modules/.pnpm/greet@1.0.0/node_modules/greet/index.js`);
  expect(direct.status).toBe(404);
});

it('site-is-a-link-that-moves: an open page gets the other release', async () => {
  const parent = path.dirname(await copyOf('site-is-a-link-that-moves'));
  const releases = path.join(parent, 'site');
  const current = path.join(releases, 'current');
  await symlink('r1', current);
  const { url } = await open({ directory: current, watch: true }).listen();
  const { shows, page } = await visit(url);
  await shows('release 1');
  await page.evaluate(() => modcast!.ready);
  await symlink('r2', path.join(releases, 'next'));
  await rename(path.join(releases, 'next'), current);
  await shows('release 2');
  expect(await (await fetch(`${url}main.mjs`)).text()).toContain('release 2');
});

it('spa-routes: a route shows the page, and gets a save of it', async () => {
  const directory = await copyOf('spa-routes');
  const { url } = await open({ directory, watch: true, single: true }).listen();
  const { page } = await visit(`${url}line`);
  await page.waitForFunction(() => document.body.textContent === 'route /line');
  await page.evaluate(() => modcast!.ready);
  await write(directory, {
    'index.html':
      '<!doctype html><title>new</title><script type="module" src="/main.js"></script><body></body>',
  });
  await page.waitForFunction(() => document.title === 'new' && document.body.textContent === 'route /line');
});

it('a classic script runs whatever its name, as from a plain server', async () => {
  const directory = await temporary();
  await mkdir(directory, { recursive: true });
  await write(directory, {
    'index.html':
      '<!doctype html><script src="app"></script><script src="main.js.txt"></script><script type=module src=m.mjs></script>',
    app: "console.log('app');",
    'main.js.txt': "console.log('text');",
    'm.mjs': "console.log('module');",
  });
  const { url } = await open({ directory }).listen();
  await (await visit(url)).shows('app', 'text', 'module');
});
