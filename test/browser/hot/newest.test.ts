import { describe, expect, it } from 'vitest';
import { module, type HotPage } from './hot-page.js';
import { inEachBrowser, type HotSuite } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module.version));`;
/** Logs the version of the file that `modcast.import` gives. */
const NEWEST = `const newest = async (who) => log.push(who + ' got ' + (await modcast.import('stale.mjs')).version);`;

inEachBrowser((suite) => {
  describe('modcast.import of a version that the page has not applied', () => {
    it('ends when a dispose callback of an update waits for it', async () => {
      const hot = await openWithStale(
        suite,
        module('a', 1, SELF, NEWEST, `import.meta.hot.dispose(() => newest('dispose'));`),
      );
      const log = await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(log.slice(-4)).toEqual(['stale 2', 'dispose got 2', 'a 2', 'accepted 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('ends when a new version waits for it at its top level', async () => {
      const hot = await openWithStale(suite, module('a', 1, SELF));
      const log = await hot.save(
        { 'a.mjs': module('a', 2, SELF, NEWEST, `await newest('a');`) },
        'accepted 2',
      );
      expect(log.slice(-4)).toEqual(['a 2', 'stale 2', 'a got 2', 'accepted 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('ends when it is called in the update event, and does not disturb the update', async () => {
      const hot = await openWithStale(
        suite,
        module('a', 1, SELF, NEWEST, `modcast.on('update', () => newest('event'));`),
      );
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      await hot.said('event got 2');
      expect(await hot.survived()).toBe(true);
    });
  });
});

/** A page that runs `stale.mjs` in version 1 although version 2 was saved: it has prevented that update. */
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
