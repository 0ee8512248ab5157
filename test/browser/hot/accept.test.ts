import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from '../chromium.js';
import { HotPage, module } from './hot-page.js';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let hot: HotPage;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
});
afterEach(async () => {
  await context.close();
  await hot.close();
});

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;

describe('accept()', () => {
  it('of a module itself runs its new version, and calls the old one back with it', async () => {
    hot = await HotPage.open(page, {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, SELF),
    });
    expect(await hot.log()).toEqual(['a 1', 'main 1']);
    expect(await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2')).toEqual([
      'a 1',
      'main 1',
      'a 2',
      'accepted 2',
    ]);
    await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
    expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 2', 'accepted 2', 'a 3', 'accepted 3']);
    expect(await hot.survived()).toBe(true);
  });

  it('of a dependency leaves the importer running', async () => {
    const main = module(
      'main',
      1,
      `import './a.mjs';`,
      `import.meta.hot.accept('./a.mjs', (module) => log.push('main got ' + module.version));`,
    );
    hot = await HotPage.open(page, { 'main.mjs': main, 'a.mjs': module('a', 1) });
    await hot.save({ 'a.mjs': module('a', 2) }, 'main got 2');
    expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 2', 'main got 2']);
    expect(await hot.survived()).toBe(true);
  });
});
