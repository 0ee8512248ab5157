import { describe, expect, it } from 'vitest';
import { module, type HotPage } from './hot-page.js';
import { inEachBrowser, type HotSuite } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module.version));`;
/** Logs the version that `modcast.import` resolves with. */
const NEWEST = `const newest = async (who) => log.push(who + ' got ' + (await modcast.import('stale.mjs')).version);`;

inEachBrowser((suite) => {
  describe('modcast.import() of a version that the page has not applied', () => {
    it('resolves when a dispose callback awaits it during an update', async () => {
      const hot = await openWithStale(
        suite,
        module('a', 1, SELF, NEWEST, `import.meta.hot.dispose(() => newest('dispose'));`),
      );
      const log = await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(log.slice(-4)).toEqual(['stale 2', 'dispose got 2', 'a 2', 'accepted 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('resolves when a new version awaits it at top level', async () => {
      const hot = await openWithStale(suite, module('a', 1, SELF));
      const log = await hot.save(
        { 'a.mjs': module('a', 2, SELF, NEWEST, `await newest('a');`) },
        'accepted 2',
      );
      expect(log.slice(-4)).toEqual(['a 2', 'stale 2', 'a got 2', 'accepted 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('resolves when an update listener calls it, and the update continues', async () => {
      const hot = await openWithStale(
        suite,
        module('a', 1, SELF, NEWEST, `modcast.on('update', () => newest('event'));`),
      );
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      await hot.logged('event got 2');
      expect(await hot.survived()).toBe(true);
    });
  });
});

/** A page that still runs version 1 of `stale.mjs` after version 2 was saved, because it prevented that update. */
async function openWithStale(suite: HotSuite, a: string): Promise<HotPage> {
  const hot = await suite.open({
    'main.mjs': module(
      'main',
      1,
      `import './a.mjs';`,
      `import './stale.mjs';`,
      `const off = modcast.on('update', (event) => {`,
      `  event.preventDefault();`,
      `  log.push('prevented');`,
      `  off();`,
      `});`,
    ),
    'a.mjs': a,
    'stale.mjs': module('stale', 1),
  });
  await hot.save({ 'stale.mjs': module('stale', 2) }, 'prevented');
  return hot;
}
