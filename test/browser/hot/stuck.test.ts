import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;

inEachBrowser((suite) => {
  describe('a version that waits at its top level for ever', () => {
    const files = {
      'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
      'a.mjs': module('a', 1, SELF),
      'b.mjs': module('b', 1, SELF),
    };
    const waiting = module('a', 2, SELF, 'await new Promise((resolve) => (globalThis.go = resolve));');

    it('holds up no later update, is said to wait, and is followed by the next', async () => {
      const hot = await suite.open(files);
      await hot.save({ 'a.mjs': waiting }, 'a 2');
      await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
      expect(await hot.overlaid('still waits at a top-level await')).toContain('a.mjs');
      await hot.save({ 'b.mjs': module('b', 4, SELF) }, 'accepted 4');
      await hot.save({ 'a.mjs': module('a', 5, SELF) }, 'accepted 5');
      await hot.cleared();
      expect((await hot.log()).filter((line) => line === 'a 2')).toHaveLength(1);
      expect(await hot.survived()).toBe(true);
    });

    it('leaves nobody waiting who asked for it meanwhile', async () => {
      const ask = `globalThis.ask = () => void import('./a.mjs').then((m) => log.push('got ' + m.version));`;
      const hot = await suite.open({ ...files, 'main.mjs': `${files['main.mjs']}\n${ask}` });
      await hot.save({ 'a.mjs': waiting }, 'a 2');
      await hot.page.evaluate(() => (globalThis as unknown as { ask(): void }).ask());
      await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
      await hot.said('got 1');
      await hot.save({ 'a.mjs': module('a', 5, SELF) }, 'accepted 5');
      expect(await hot.survived()).toBe(true);
    });

    it('is tried again when that is mended for which it waited, and which was there before', async () => {
      const hot = await suite.open({
        ...files,
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `import './b.mjs';`,
          `void import('./later.mjs');`,
          `import.meta.hot.accept('./later.mjs', () => {});`,
        ),
        'later.mjs': module('later', 1, 'await new Promise(() => {});'),
      });
      await hot.said('later 1');
      await hot.directory.write({ 'a.mjs': module('a', 2, `import './later.mjs';`, SELF) });
      await hot.page.until(() => modcast!.stats().deploy === 2);
      await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
      await hot.overlaid('still waits at a top-level await');
      await hot.save({ 'later.mjs': module('later', 4) }, 'accepted 2');
      await hot.cleared();
      expect(await hot.survived()).toBe(true);
    });

    it('is no problem when nothing imports it any more', async () => {
      const main = (version: number, ...more: string[]) => module('main', version, ...more, SELF);
      const hot = await suite.open({
        ...files,
        'main.mjs': main(1, `import './a.mjs';`, `import './b.mjs';`),
      });
      await hot.save({ 'a.mjs': waiting }, 'a 2');
      await hot.save({ 'main.mjs': main(2, `import './b.mjs';`) }, 'accepted 2');
      await hot.page.evaluate(() => modcast!.idle());
      expect(await hot.overlay()).toBeNull();
      expect(await hot.survived()).toBe(true);
    });

    it('is taken in when it has come to its end after all', async () => {
      const hot = await suite.open(files);
      await hot.save({ 'a.mjs': waiting }, 'a 2');
      await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
      const go = () => hot.page.evaluate(() => (globalThis as unknown as { go(): void }).go());
      await go();
      // It runs anew, and waits again.
      await hot.said('a 2', 2);
      await go();
      await hot.said('accepted 2');
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('a page that could not start', () => {
    it('is loaded again when a module is mended that accepts itself, and threw', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module('a', 1, SELF, `throw new Error('not yet');`),
      });
      await hot.directory.write({ 'a.mjs': module('a', 2, SELF) });
      await hot.said('main 1');
      expect(await hot.log()).toEqual(['a 2', 'main 1']);
    });

    it('is loaded again when that is mended on which a module failed', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import { version as seen } from './a.mjs';`,
          `if (seen === 1) throw new Error('not one');`,
        ),
        'a.mjs': module('a', 1, SELF),
      });
      await hot.directory.write({ 'a.mjs': module('a', 2, SELF) });
      await hot.reloaded();
      expect(await hot.log()).toEqual(['a 2', 'main 1']);
    });
  });

  describe('a page that is to be loaded again', () => {
    it('waits for a server that is gone', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `globalThis.giveUp = () => import.meta.hot.invalidate();`,
          `import.meta.hot.on('vite:ws:disconnect', () => log.push('disconnected'));`,
          `import.meta.hot.on('vite:beforeFullReload', () => log.push('reloading'));`,
        ),
      });
      hot.server.sockets = 'refuse';
      hot.server.relay.cut();
      await hot.said('disconnected');
      await hot.page.evaluate(() => (globalThis as unknown as { giveUp(): void }).giveUp());
      await hot.said('reloading');
      expect(await hot.survived()).toBe(true);
      hot.server.sockets = 'pass';
      await hot.reloaded();
    });
  });
});
