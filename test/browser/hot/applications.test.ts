import { describe, expect, it } from 'vitest';
import { html, module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const LEAF_SEEN = [`import { version as seen } from './leaf.mjs';`, `log.push('a saw ' + seen);`];
/** Logs each update, and prevents those for which the expression `isOurs` is true. */
const main = (isOurs: string, ...imports: string[]) =>
  module(
    'main',
    1,
    ...imports,
    `modcast.on('update', (event) => { const { deploy, paths } = event; const ours = ${isOurs}; log.push('update ' + [deploy, ...paths] + (ours ? ', prevented' : '')); if (ours) event.preventDefault(); });`,
  );

inEachBrowser((suite) => {
  const newest = (path: string) =>
    [async (at: string) => ((await modcast!.import(at)) as { version: unknown }).version, path] as const;

  describe('modcast.on("update")', () => {
    it('lets the application prevent an update and import the newest version itself', async () => {
      const a = module('a', 1, ...LEAF_SEEN);
      const hot = await suite.open({
        'main.mjs': main('true', `import './a.mjs';`),
        'a.mjs': a,
        'leaf.mjs': module('leaf', 1),
      });
      await hot.save({ 'leaf.mjs': module('leaf', 2) }, 'update 2,leaf.mjs, prevented');
      expect((await hot.log()).slice(4)).toEqual(['update 2,leaf.mjs, prevented']);
      expect(await hot.page.evaluate(...newest('a.mjs'))).toBe(1);
      expect((await hot.log()).slice(5)).toEqual(['leaf 2', 'a 1', 'a saw 2']);
      expect(await hot.page.evaluate(...newest('a.mjs'))).toBe(1);
      expect(await hot.log()).toHaveLength(8);
      expect(await hot.survived()).toBe(true);
    });

    it('is called for each update, and an update that is not prevented is applied', async () => {
      const hot = await suite.open({
        'main.mjs': main(`paths.includes('a.mjs')`, `import './a.mjs';`, `import './b.mjs';`),
        'a.mjs': module('a', 1, SELF),
        'b.mjs': module('b', 1, SELF),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'update 2,a.mjs, prevented');
      await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
      expect((await hot.log()).slice(3)).toEqual([
        'update 2,a.mjs, prevented',
        'update 3,b.mjs',
        'b 3',
        'accepted 3',
      ]);
      await hot.save({ 'a.mjs': module('a', 4, SELF) }, 'update 4,a.mjs, prevented');
      expect(await hot.page.evaluate(...newest('a.mjs'))).toBe(4);
      expect((await hot.log()).slice(7)).toEqual(['update 4,a.mjs, prevented', 'a 4']);
    });

    it('can prevent a full reload for a module, for the HTML and for an asset', async () => {
      const hot = await suite.open({
        'main.mjs': main('true', `import './a.mjs';`),
        'a.mjs': module('a', 1),
        'image.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
      });
      await hot.save({ 'a.mjs': module('a', 2) }, 'update 2,a.mjs, prevented');
      await hot.save(
        { 'index.html': html('<p>2</p><script type="module" src="main.mjs"></script>') },
        'update 3,index.html, prevented',
      );
      await hot.directory.write({ 'image.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="1"/>' });
      await hot.page.until(() => log.some((line) => line.includes('image.svg, prevented')));
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('modcast.import()', () => {
    it('returns the version that was applied, and runs no module twice', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module('a', 1, SELF),
        'unused.mjs': module('unused', 1, SELF),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(await hot.page.evaluate(...newest('a.mjs'))).toBe(2);
      expect(await hot.page.evaluate(...newest('unused.mjs'))).toBe(1);
      const before = (await hot.page.evaluate(() => modcast!.stats().deploy))!;
      await hot.directory.write({ 'unused.mjs': module('unused', 3, SELF) });
      await hot.page.until((deploy) => modcast!.stats().deploy! > deploy, before);
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3', 2);
      expect(await hot.page.evaluate(...newest('unused.mjs'))).toBe(3);
      expect(await hot.page.evaluate(...newest('a.mjs'))).toBe(3);
      expect((await hot.log()).filter((line) => line === 'a 3')).toHaveLength(1);
      expect(await hot.survived()).toBe(true);
    });

    it('imports a module in a cycle where the browser merges import maps', async () => {
      const b = (version: number) => module('b', version, `import './a.mjs';`);
      const hot = await suite.open({
        'main.mjs': main('true', `import './a.mjs';`),
        'a.mjs': module('a', 1, `import './b.mjs';`),
        'b.mjs': b(1),
      });
      await hot.save({ 'b.mjs': b(2) }, 'update 2,b.mjs, prevented');
      if (suite.engine.capabilities.mergesImportMaps) {
        expect(await hot.page.evaluate(...newest('a.mjs'))).toBe(1);
        expect(await hot.page.evaluate(...newest('b.mjs'))).toBe(2);
        expect((await hot.log()).slice(4)).toEqual(['b 2', 'a 1']);
        return;
      }
      await expect(hot.page.evaluate(...newest('a.mjs'))).rejects.toThrow('in a cycle');
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('a change during another update', () => {
    it('waits, and only the newest of several versions runs', async () => {
      const gate = `import.meta.hot.dispose(() => new Promise((resolve) => { globalThis.open = resolve; log.push('waiting'); }));`;
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
        'a.mjs': module('a', 1, gate, SELF),
        'b.mjs': module('b', 1, SELF),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'waiting');
      const versions = [module('b', 3, SELF), module('b', 4, SELF), module('b', 5, SELF)];
      for (const [index, text] of versions.entries()) {
        await hot.directory.write({ 'b.mjs': text });
        await hot.page.until((deploy) => modcast!.stats().deploy === deploy, index + 3);
      }
      expect((await hot.log()).slice(3)).toEqual(['waiting']);
      await hot.page.evaluate(() => (globalThis as unknown as { open(): void }).open());
      await hot.logged('accepted 5');
      expect((await hot.log()).slice(3)).toEqual(['waiting', 'a 2', 'accepted 2', 'b 5', 'accepted 5']);
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('the scroll position', () => {
    const tall = (text: string) =>
      html(
        `<p>${text}</p><script src="classic.js"></script><div style="height: 5000px"></div><script type="module" src="main.mjs"></script>`,
      );

    it.each([
      ['the page’s HTML', { 'index.html': tall('2') }],
      ['a classic script', { 'classic.js': 'globalThis.classic = 2;' }],
      ['an image', { 'image.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="1"/>' }],
      ['a module without a boundary', { 'a.mjs': module('a', 2) }],
    ])('is kept when %s changes', async (_what, change) => {
      const hot = await suite.open({
        'index.html': tall('1'),
        'classic.js': 'globalThis.classic = 1;',
        'image.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module('a', 1),
      });
      await hot.page.evaluate(() => scrollTo(0, 1234));
      await hot.directory.write(change);
      await hot.reloaded();
      await hot.page.until(() => scrollY === 1234);
    });
  });
});
