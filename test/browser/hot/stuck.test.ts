import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;

inEachBrowser(
  (suite) => {
    describe('a version whose top-level await never ends', () => {
      const files = {
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
        'a.mjs': module('a', 1, SELF),
        'b.mjs': module('b', 1, SELF),
      };
      const waiting = module('a', 2, SELF, 'await new Promise((resolve) => (globalThis.go = resolve));');

      it('is reported, does not block later updates, and is replaced by the next version', async () => {
        const hot = await suite.open(files);
        await hot.save({ 'a.mjs': waiting }, 'a 2');
        await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
        expect(await hot.overlayShows('still waits at a top-level await')).toContain('a.mjs');
        await hot.save({ 'b.mjs': module('b', 4, SELF) }, 'accepted 4');
        await hot.save({ 'a.mjs': module('a', 5, SELF) }, 'accepted 5');
        await hot.overlayClosed();
        expect((await hot.log()).filter((line) => line === 'a 2')).toHaveLength(1);
        expect(await hot.survived()).toBe(true);
      });

      it('does not keep an import() of the module pending', async () => {
        const ask = `globalThis.ask = () => void import('./a.mjs').then((m) => log.push('got ' + m.version));`;
        const hot = await suite.open({ ...files, 'main.mjs': `${files['main.mjs']}\n${ask}` });
        await hot.save({ 'a.mjs': waiting }, 'a 2');
        await hot.page.evaluate(() => (globalThis as unknown as { ask(): void }).ask());
        await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
        await hot.logged('got 1');
        await hot.save({ 'a.mjs': module('a', 5, SELF) }, 'accepted 5');
        expect(await hot.survived()).toBe(true);
      });

      it('is retried when the dependency that it waits for is fixed', async () => {
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
        await hot.logged('later 1');
        await hot.directory.write({ 'a.mjs': module('a', 2, `import './later.mjs';`, SELF) });
        await hot.page.until(() => modcast!.stats().deploy === 2);
        await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
        await hot.overlayShows('still waits at a top-level await');
        await hot.save({ 'later.mjs': module('later', 4) }, 'accepted 2');
        await hot.overlayClosed();
        expect(await hot.survived()).toBe(true);
      });

      it('is not reported when nothing imports it any more', async () => {
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

      it('is applied when its await ends late', async () => {
        const hot = await suite.open(files);
        await hot.save({ 'a.mjs': waiting }, 'a 2');
        await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'accepted 3');
        const go = () => hot.page.evaluate(() => (globalThis as unknown as { go(): void }).go());
        await go();
        // The module runs a second time and waits again.
        await hot.logged('a 2', 2);
        await go();
        await hot.logged('accepted 2');
        expect(await hot.survived()).toBe(true);
      });
    });

    describe('a page that could not start', () => {
      it('reloads when a module that accepts itself and threw is fixed', async () => {
        const hot = await suite.open({
          'main.mjs': module('main', 1, `import './a.mjs';`),
          'a.mjs': module('a', 1, SELF, `throw new Error('not yet');`),
        });
        await hot.directory.write({ 'a.mjs': module('a', 2, SELF) });
        await hot.logged('main 1');
        expect(await hot.log()).toEqual(['a 2', 'main 1']);
      });

      it('reloads when the dependency that made a module throw is fixed', async () => {
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

    describe('a page with a pending full reload', () => {
      it('waits until the server is reachable', async () => {
        const a = (version: number) =>
          module('a', version, SELF, `globalThis.giveUp = () => import.meta.hot.invalidate();`);
        const hot = await suite.open({
          'main.mjs': module(
            'main',
            1,
            `import './a.mjs';`,
            `import.meta.hot.on('vite:ws:disconnect', () => log.push('disconnected'));`,
            `import.meta.hot.on('vite:beforeFullReload', () => log.push('reloading'));`,
          ),
          'a.mjs': a(1),
        });
        // Only a module that an update has reached can invalidate itself.
        await hot.save({ 'a.mjs': a(2) }, 'accepted 2');
        hot.server.sockets = 'refuse';
        hot.server.relay.cut();
        await hot.logged('disconnected');
        await hot.page.evaluate(() => (globalThis as unknown as { giveUp(): void }).giveUp());
        await hot.logged('reloading');
        expect(await hot.survived()).toBe(true);
        hot.server.sockets = 'pass';
        await hot.reloaded();
      });
    });
    // It evaluates no module while another one waits for a top-level await.
  },
  ['WebKit'],
);
