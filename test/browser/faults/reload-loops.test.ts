import { describe, expect, it } from 'vitest';
import { module, type HotPage } from '../hot/hot-page.js';
import { inEachBrowser } from '../hot/suite.js';
import { faultFiles } from './fault-files.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const LOG = '<script>globalThis.log = [];</script>';

const reloads = ({ page }: HotPage) => page.lines.filter((line) => line.includes('full reload:'));
const stops = ({ page }: HotPage) => page.lines.filter((line) => line.includes('stopped reloading'));

/** Loads the page until its service worker answers for it. */
async function controlled(hot: HotPage): Promise<void> {
  await hot.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await hot.load();
  await hot.load();
  await hot.page.until(() => navigator.serviceWorker.controller !== null);
}

inEachBrowser((suite) => {
  describe('a page behind a service worker that answers with old HTML', () => {
    it('reloads once for each save, says why it stops, and takes updates (reload-loop-behind-a-service-worker)', async () => {
      const files = faultFiles('reload-loop-behind-a-service-worker');
      const count = '<script>sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1;</script>';
      const index = LOG + count + files['index.html']!;
      const a = (version: number) => ({ 'a.mjs': module('a', version, SELF) });
      const hot = await suite.open({
        ...files,
        ...a(1),
        'index.html': index,
        'main.mjs': `import './a.mjs'; ${files['main.mjs']}`,
        'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
      });
      await controlled(hot);
      const stopped = async (loads: number): Promise<string> => {
        await hot.page.until((all) => Number(sessionStorage['loads']) === all, loads);
        return hot.overlayShows('changed, and a reload did not bring the new version');
      };

      await hot.directory.write({ 'index.html': index.replace('<title>t', '<title>new') });
      const shown = await stopped(4);
      expect(shown).toContain('index.html changed');
      expect(shown).toContain('/sw.js may answer with an old copy: unregister it');
      // The page goes on to take what needs no reload.
      await hot.save(a(2), 'accepted 2');

      await hot.directory.write({ 'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="1"/>' });
      expect(await stopped(5)).toContain('icon.svg changed');
      await hot.save(a(3), 'accepted 3');

      await hot.directory.write({ 'index.html': index.replace('<title>t', '<title>newest') });
      await stopped(6);
      await hot.save(a(4), 'accepted 4');
      expect(reloads(hot)).toHaveLength(3);
      expect(stops(hot)).toHaveLength(3);
    });
  });

  describe('a module that invalidates itself when it first runs', () => {
    it('does not reload the page, before or after a save (reload-loop-by-invalidate)', async () => {
      const files = faultFiles('reload-loop-by-invalidate');
      const hot = await suite.open({
        ...files,
        'index.html': LOG + files['index.html']!,
        'main.mjs': `${files['main.mjs']}\nimport './late.mjs'; import './a.mjs';`,
        'late.mjs': `import.meta.hot.accept(); await 0; import.meta.hot.invalidate(); setTimeout(() => { import.meta.hot.invalidate(); log.push('gave up'); });`,
        'a.mjs': module('a', 1, SELF),
      });
      await hot.logged('gave up');
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(await hot.survived()).toBe(true);
      expect(reloads(hot)).toEqual([]);
      // The new version gives up in an update: the page reloads for it, once.
      await hot.directory.write({ 'dep.mjs': `${files['dep.mjs']}\n// 2` });
      await hot.reloaded();
      await hot.logged('gave up');
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
      expect(reloads(hot)).toHaveLength(1);
    });
  });
});
