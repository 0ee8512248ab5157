import { describe, expect, it } from 'vitest';
import { html, module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const LINKED = html(
  '<link rel="stylesheet" href="style.css"><p id="text">Text</p><script type="module" src="main.mjs"></script>',
);
const MAIN = { 'main.mjs': module('main', 1) };

inEachBrowser((suite) => {
  describe('a style sheet', () => {
    it('is replaced without a moment of missing styles', async () => {
      const hot = await suite.open({ ...MAIN, 'index.html': LINKED, 'style.css': '#text { width: 100px }' });
      await hot.page.evaluate(() => {
        const text = document.querySelector('#text')!;
        const widths = new Set<number>();
        const look = () => {
          widths.add(text.getBoundingClientRect().width);
          requestAnimationFrame(look);
        };
        look();
        (globalThis as { widths?: Set<number> }).widths = widths;
      });
      await hot.directory.write({ 'style.css': '#text { width: 200px }' });
      await hot.page.until(() => (globalThis as { widths?: Set<number> }).widths!.has(200));
      expect(await hot.page.evaluate(() => [...(globalThis as { widths?: Set<number> }).widths!])).toEqual([
        100, 200,
      ]);
      expect(await hot.page.evaluate(() => document.querySelectorAll('link').length)).toBe(1);
      expect(await hot.survived()).toBe(true);
    });

    it('is replaced when a file that it imports changes', async () => {
      const hot = await suite.open({
        ...MAIN,
        'index.html': LINKED,
        'style.css': '@import "parts/width.css";',
        'parts/width.css': '#text { width: 100px }',
      });
      await hot.directory.write({ 'parts/width.css': '#text { width: 200px }' });
      await hot.page.until(() => document.querySelector('#text')!.getBoundingClientRect().width === 200);
      expect(await hot.survived()).toBe(true);
    });

    it('shows the newest version of itself and its imports, in whatever order they change', async () => {
      const style = (height: number) =>
        `@import "parts/width.css" screen; #text { height: ${height}px; margin: 0 }`;
      const width = (pixels: number) => `@import "deep.css"; #text { width: ${pixels}px }`;
      const deep = (pixels: number) => `#text { padding-left: ${pixels}px; box-sizing: content-box }`;
      const hot = await suite.open({
        ...MAIN,
        'index.html': LINKED,
        'style.css': style(10),
        'parts/width.css': width(100),
        'parts/deep.css': deep(1),
      });
      const shows = (expected: string) =>
        hot.page.until((values) => {
          const { height, width: across, paddingLeft } = getComputedStyle(document.querySelector('#text')!);
          return values === `${height} ${across} ${paddingLeft}`;
        }, expected);
      await shows('10px 100px 1px');
      await hot.directory.write({ 'parts/width.css': width(200) });
      await shows('10px 200px 1px');
      await hot.directory.write({ 'style.css': style(20), 'parts/width.css': width(300) });
      await shows('20px 300px 1px');
      await hot.directory.write({ 'parts/deep.css': deep(2) });
      await shows('20px 300px 2px');
      await hot.directory.write({ 'style.css': style(30) });
      await shows('30px 300px 2px');
      await hot.directory.write({ 'parts/width.css': width(400) });
      await shows('30px 400px 2px');
      await hot.page.until(() => document.querySelectorAll('link').length === 1);
      expect(await hot.survived()).toBe(true);
    });

    const { importsStyleSheets } = suite.engine.capabilities;
    it.runIf(importsStyleSheets)('is updated like a module when a module imports it', async () => {
      const main = module(
        'main',
        1,
        `import sheet from './sheet.css' with { type: 'css' };`,
        `import.meta.hot.accept('./sheet.css', (next) => log.push(next.default.cssRules[0].cssText));`,
      );
      const hot = await suite.open({ 'main.mjs': main, 'sheet.css': 'p { color: red }' });
      await hot.directory.write({ 'sheet.css': 'p { color: blue }' });
      await hot.logged('p { color: blue; }');
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('a change of another file', () => {
    it('reloads the page for its own HTML, but not for the HTML of another page', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module('a', 1, SELF),
        'other.html': html('<p>1</p>'),
      });
      await hot.directory.write({ 'other.html': html('<p>2</p>') });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(await hot.survived()).toBe(true);
      await hot.directory.write({
        'index.html': html('<p id="new"></p><script type="module" src="main.mjs"></script>'),
      });
      await hot.reloaded();
      expect(await hot.page.evaluate(() => document.querySelector('#new') !== null)).toBe(true);
    });

    it('reloads the page for an asset', async () => {
      const hot = await suite.open({ ...MAIN, 'image.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>' });
      await hot.directory.write({ 'image.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="1"/>' });
      await hot.reloaded();
    });

    it('reloads the page for a file that it fetched, but not for one that it did not', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `await (await fetch('data.json')).text();`),
        'a.mjs': module('a', 1, SELF),
        'data.json': '1',
        'unused.json': '1',
      });
      await hot.directory.write({ 'unused.json': '2' });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(await hot.survived()).toBe(true);
      await hot.directory.write({ 'data.json': '2' });
      await hot.reloaded();
    });
  });

  describe('a JSON module', () => {
    it('can be accepted like any other module', async () => {
      const main = module(
        'main',
        1,
        `import data from './data.json' with { type: 'json' };`,
        `import.meta.hot.accept('./data.json', (next) => log.push('n ' + next.default.n));`,
      );
      const hot = await suite.open({ 'main.mjs': main, 'data.json': '{"n":1}' });
      await hot.save({ 'data.json': '{"n":2}' }, 'n 2');
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('the state of a page', () => {
    it('survives fifty edits of another module, whose old blob URLs are revoked', async () => {
      // Large enough to get a blob URL in each browser.
      const neighbour = (version: number) => ({
        'neighbour.mjs': module('neighbour', version, `// ${'.'.repeat(20_000)}`, SELF),
      });
      const files = {
        'main.mjs': module('main', 1, `import './counter.mjs';`, `import './neighbour.mjs';`),
        'counter.mjs': module('counter', 1, `globalThis.count = 0; setInterval(() => count++, 1);`),
        ...neighbour(0),
      };
      // Before the guard keeps them.
      await suite.before(() => {
        const live = new Set<string>();
        const { createObjectURL, revokeObjectURL } = URL;
        URL.createObjectURL = (blob) => {
          const url = createObjectURL.call(URL, blob);
          live.add(url);
          return url;
        };
        URL.revokeObjectURL = (url) => {
          live.delete(url);
          revokeObjectURL.call(URL, url);
        };
        (globalThis as { live?: Set<string> }).live = live;
      });
      const hot = await suite.open(files);
      // Those with which the page has started are not counted.
      await hot.page.evaluate(() => (globalThis as { live?: Set<string> }).live!.clear());
      let before = 0;
      for (let version = 1; version <= 50; version++) {
        await hot.save(neighbour(version), `accepted ${version}`);
        const counted = await hot.page.evaluate(() => (globalThis as unknown as { count: number }).count);
        expect(counted).toBeGreaterThan(before);
        before = counted;
      }
      expect(await hot.survived()).toBe(true);
      await hot.page.until(() => (globalThis as { live?: Set<string> }).live!.size === 1);
      expect(await hot.page.evaluate(() => modcast!.stats().modules)).toBe(3);
    });
  });
});
