import type { Browser, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { TemporarySite } from '../counted-site.js';
import { launchFirefox } from '../firefox.js';
import { GatedSite } from '../gated-site.js';
import { html, module } from './hot-page.js';

// Firefox takes one import map: fresh dependencies are named by their blob URLs there.

let browser: Browser;
let page: Page;
let directory: TemporarySite;
let site: GatedSite;

beforeAll(async () => {
  browser = await launchFirefox();
});
afterAll(() => browser.close());
beforeEach(async () => {
  page = await browser.newPage();
});
afterEach(async () => {
  await page.close();
  await site.close();
  await directory.close();
});

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const acceptDep = (name: string) =>
  `import.meta.hot.accept('./${name}.mjs', (module) => log.push('got ' + module?.version));`;

async function open(files: Record<string, string>): Promise<void> {
  directory = await TemporarySite.create({
    'index.html': html('<script type="module" src="main.mjs"></script>'),
    ...files,
  });
  site = await GatedSite.open({ directory: directory.directory, watch: true, timeout: 25_000 });
  await page.goto(site.url);
  await page.evaluate(async () => {
    globalThis.survivor = 'yes';
    await modcast!.ready;
  });
}

const log = () => page.evaluate(() => globalThis.log);
const survived = () => page.evaluate(() => globalThis.survivor === 'yes');

async function save(files: Record<string, string>, expected: string, times = 1): Promise<void> {
  await directory.write(files);
  await page.waitForFunction(
    (text, count) => globalThis.log?.filter((line) => line === text).length >= count,
    {},
    expected,
    times,
  );
}

it('a module accepts itself, again and again, and what is below it', async () => {
  const a = (version: number) =>
    module('a', version, `import { version as seen } from './leaf.mjs';`, `log.push('a saw ' + seen);`, SELF);
  await open({
    'main.mjs': module('main', 1, `import './a.mjs';`),
    'a.mjs': a(1),
    'leaf.mjs': module('leaf', 1),
  });
  await save({ 'a.mjs': a(2) }, 'accepted 2');
  await save({ 'leaf.mjs': module('leaf', 2) }, 'accepted 2', 2);
  await save({ 'a.mjs': a(3) }, 'accepted 3');
  expect((await log()).slice(4)).toEqual([
    'a 2',
    'a saw 1',
    'accepted 2',
    'leaf 2',
    'a 2',
    'a saw 2',
    'accepted 2',
    'a 3',
    'a saw 2',
    'accepted 3',
  ]);
  expect(await survived()).toBe(true);
});

it('an importer accepts a dependency', async () => {
  await open({ 'main.mjs': module('main', 1, `import './a.mjs';`, acceptDep('a')), 'a.mjs': module('a', 1) });
  await save({ 'a.mjs': module('a', 2) }, 'got 2');
  expect(await survived()).toBe(true);
});

it('a module that only import() reaches comes in the newest version, on what runs', async () => {
  const later = (version: number) =>
    module(
      'later',
      version,
      `import { version as seen } from './a.mjs';`,
      `log.push('later saw ' + seen);`,
      SELF,
    );
  await open({
    'main.mjs': module(
      'main',
      1,
      `import './a.mjs';`,
      acceptDep('a'),
      `globalThis.later = () => import('./later.mjs');`,
    ),
    'a.mjs': module('a', 1),
    'later.mjs': later(1),
  });
  await save({ 'a.mjs': module('a', 2), 'later.mjs': later(2) }, 'got 2');
  await page.evaluate(() => (globalThis as unknown as { later(): Promise<unknown> }).later());
  await save({ 'later.mjs': later(3) }, 'accepted 3');
  expect((await log()).slice(2)).toEqual([
    'a 2',
    'got 2',
    'later 2',
    'later saw 2',
    'later 3',
    'later saw 2',
    'accepted 3',
  ]);
});

it('a version that does not parse, or throws, leaves the old one running until it is mended', async () => {
  await open({ 'main.mjs': module('main', 1, `import './a.mjs';`), 'a.mjs': module('a', 1, SELF) });
  const overlaid = (text: string) =>
    page.waitForFunction(
      (part) => document.querySelector('modcast-overlay')?.shadowRoot?.textContent?.includes(part),
      {},
      text,
    );
  await directory.write({ 'a.mjs': 'export const oops = ;' });
  await overlaid('a.mjs:1:21');
  await save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
  await directory.write({ 'a.mjs': module('a', 4, `throw new RangeError('too far');`) });
  await overlaid('a.mjs:3:7');
  await save({ 'a.mjs': module('a', 5, SELF) }, 'accepted 5');
  expect(await log()).toEqual(['a 1', 'main 1', 'a 3', 'accepted 3', 'a 4', 'a 5', 'accepted 5']);
  expect(await survived()).toBe(true);
});

it('a cycle among fresh modules loads the page again, and the console says why', async () => {
  await open({
    'main.mjs': module('main', 1, `import './a.mjs';`),
    'a.mjs': module('a', 1, `import './b.mjs';`, SELF),
    'b.mjs': module('b', 1, `import './a.mjs';`),
  });
  const said = new Promise<string>((resolve) =>
    page.on('console', (message) => {
      if (message.text().includes('cycle')) resolve(message.text());
    }),
  );
  await directory.write({ 'b.mjs': module('b', 2, `import './a.mjs';`) });
  expect(await said).toContain('a.mjs');
  await page.waitForFunction(() => globalThis.survivor === undefined && globalThis.log?.includes('main 1'));
  expect(await log()).toEqual(['b 2', 'a 1', 'main 1']);
});

it('a file that is new is taken in', async () => {
  await open({ 'main.mjs': module('main', 1, `import './a.mjs';`), 'a.mjs': module('a', 1, SELF) });
  await save(
    { 'a.mjs': module('a', 2, `import './new.mjs';`, SELF), 'new.mjs': module('new', 1) },
    'accepted 2',
  );
  await save({ 'new.mjs': module('new', 2) }, 'accepted 2', 2);
  expect((await log()).filter((line) => line.startsWith('new'))).toEqual(['new 1', 'new 2']);
  expect(await survived()).toBe(true);
});
