import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { html, module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const MAIN = module('main', 1, `import './a.mjs';`);
const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const BROKEN = 'export const version = 2;\n\nconst oops = ;\n';
// Firefox requests imports before it runs scripts, unless a page has an import map.
const WITH_MAP = html('<script type="importmap">{}</script><script type="module" src="main.mjs"></script>');

inEachBrowser((suite) => {
  /** A place in a.mjs that the browser reports: WebKit counts columns in its own way. */
  const place = (line: number, column: number) =>
    suite.engine.name === 'WebKit' ? `a.mjs:${line}` : `a.mjs:${line}:${column}`;

  describe('a version that does not parse', () => {
    it('shows its location, keeps the old version running, and the next good save is applied', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) });
      await hot.directory.write({ 'a.mjs': BROKEN });
      const shown = await hot.overlayShows('a.mjs:3:14');
      expect(shown).toContain('3 | const oops = ;');
      expect(await hot.log()).toEqual(['a 1', 'main 1']);

      await hot.page.press('Escape');
      await hot.overlayClosed();
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
      expect(await hot.overlay()).toBeNull();
      expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 3', 'accepted 3']);
      expect(await hot.survived()).toBe(true);
    });

    it('does not delay other files of the same burst', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
        'a.mjs': module('a', 1, SELF),
        'b.mjs': module('b', 1, SELF),
      });
      await hot.save({ 'a.mjs': BROKEN, 'b.mjs': module('b', 2, SELF) }, 'accepted 2');
      await hot.overlayShows('a.mjs:3:14');
      // The file is back to the version that runs, so no module runs again.
      await hot.directory.write({ 'a.mjs': module('a', 1, SELF) });
      await hot.overlayClosed();
      expect((await hot.log()).slice(3)).toEqual(['b 2', 'accepted 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('postpones a full reload, because the page could not start', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
        'a.mjs': module('a', 1),
        'b.mjs': module('b', 1),
      });
      const waiting = hot.page.line('full reload postponed');
      await hot.directory.write({ 'a.mjs': BROKEN, 'b.mjs': module('b', 2) });
      await waiting;
      expect(await hot.survived()).toBe(true);
      await hot.directory.write({ 'a.mjs': module('a', 3) });
      await hot.reloaded();
      expect(await hot.log()).toEqual(['a 3', 'b 2', 'main 1']);
    });

    it('does not postpone a full reload of a page that no longer imports it', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
        'a.mjs': module('a', 1),
        'b.mjs': module('b', 1),
      });
      await hot.directory.write({ 'a.mjs': BROKEN });
      await hot.overlayShows('a.mjs:3:14');
      await hot.directory.write({ 'main.mjs': module('main', 2, `import './b.mjs';`) });
      await hot.reloaded();
      expect(await hot.log()).toEqual(['b 1', 'main 2']);
    });

    it('is what a starting page runs, even if the file has changed since', async () => {
      const hot = await suite.open({ 'index.html': WITH_MAP, 'main.mjs': MAIN, 'a.mjs': BROKEN });
      await hot.overlayShows(place(3, 14));
      // A request to this URL would return the current file.
      expect(hot.server.requests).not.toContain('/a.mjs');
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'main 1');
      expect(await hot.log()).toEqual(['a 2', 'main 1']);
    });

    it('is what import() loads, even if the file has changed since', async () => {
      const asks = `import('./a.mjs').then((m) => log.push('got ' + m.version), (e) => log.push(e.name))`;
      const hot = await suite.open({
        'main.mjs': module('main', 1, `globalThis.ask = () => ${asks};`),
        'a.mjs': BROKEN,
      });
      const ask = () => hot.page.evaluate(() => (globalThis as unknown as { ask(): Promise<unknown> }).ask());
      await ask();
      expect(hot.server.requests).not.toContain('/a.mjs');
      await hot.directory.write({ 'a.mjs': module('a', 2) });
      await hot.page.until(() => modcast!.stats().deploy === 2);
      await ask();
      expect(await hot.log()).toEqual(['main 1', 'SyntaxError', 'a 2', 'got 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('shows no overlay with overlay: false', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) }, { overlay: false });
      await hot.directory.write({ 'a.mjs': BROKEN });
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
      expect(await hot.overlay()).toBeNull();
    });
  });

  describe('a version that throws', () => {
    it('shows where it throws, keeps the old version running, and the next good save is applied', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `import.meta.hot.on('vite:error', ({ err }) => log.push('error ' + err.loc.file + ':' + err.loc.line));`,
        ),
        'a.mjs': module('a', 1, SELF),
      });
      await hot.directory.write({ 'a.mjs': module('a', 2, `throw new RangeError('too far');`) });
      const shown = await hot.overlayShows('RangeError: too far');
      expect(shown).toContain(place(3, 7));
      expect(shown).toContain(`3 | throw new RangeError('too far');`);
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
      await hot.overlayClosed();
      expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 2', 'error a.mjs:3', 'a 3', 'accepted 3']);
      expect(await hot.survived()).toBe(true);
    });

    it('does not stop another boundary of the same module from updating', async () => {
      const top = (name: string, more: string) =>
        module(
          name,
          1,
          `import { version as seen } from './leaf.mjs';`,
          more,
          `log.push('${name} saw ' + seen);`,
          SELF,
        );
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './good.mjs';`, `import './bad.mjs';`),
        'good.mjs': top('good', ''),
        'bad.mjs': top('bad', `if (seen === 2) throw new Error('not two');`),
        'leaf.mjs': module('leaf', 1),
      });
      await hot.directory.write({ 'leaf.mjs': module('leaf', 2) });
      await hot.overlayShows('not two');
      await hot.logged('good saw 2');
      await hot.save({ 'leaf.mjs': module('leaf', 3) }, 'bad saw 3');
      await hot.logged('good saw 3');
      await hot.overlayClosed();
      expect((await hot.log()).filter((line) => line.startsWith('leaf'))).toEqual([
        'leaf 1',
        'leaf 2',
        'leaf 3',
      ]);
      expect(await hot.survived()).toBe(true);
    });

    it('is not reported when nothing imports it any more', async () => {
      const main = (version: number, ...more: string[]) => module('main', version, ...more, SELF);
      const hot = await suite.open({
        'main.mjs': main(1, `import './a.mjs';`),
        'a.mjs': module('a', 1, SELF),
      });
      await hot.directory.write({ 'a.mjs': module('a', 2, `throw new RangeError('too far');`) });
      await hot.overlayShows('RangeError: too far');
      await hot.save({ 'main.mjs': main(2) }, 'accepted 2');
      await hot.page.evaluate(() => modcast!.idle());
      expect(await hot.overlay()).toBeNull();
      expect(await hot.survived()).toBe(true);
    });

    describe('does not leave a dynamically imported module outdated', () => {
      const sees = (name: string, ...more: string[]) =>
        module(name, 1, `import { version as seen } from './leaf.mjs';`, `export { seen };`, ...more);
      const main = (version: number, ...more: string[]) =>
        module('main', version, `import './good.mjs';`, ...more, SELF);
      const ask = `globalThis.ask = () => import('./x.mjs').then((x) => log.push('x saw ' + x.seen));`;
      const bad = `if (seen === 2) throw new Error('not two');`;
      const files = {
        'main.mjs': main(1, `import './bad.mjs';`),
        'good.mjs': sees('good', SELF, ask, `log.push('good saw ' + seen);`),
        'bad.mjs': sees('bad', SELF, bad),
        'x.mjs': sees('x'),
        'leaf.mjs': module('leaf', 1),
      };
      const open = async () => {
        const hot = await suite.open(files);
        const asked = async () => {
          await hot.page.evaluate(() => modcast!.idle());
          await hot.page.evaluate(() => (globalThis as unknown as { ask(): Promise<unknown> }).ask());
          return (await hot.log()).findLast((line) => line.startsWith('x saw'));
        };
        expect(await asked()).toBe('x saw 1');
        await hot.directory.write({ 'leaf.mjs': module('leaf', 2) });
        await hot.overlayShows('not two');
        return { hot, asked };
      };

      it('after its boundary is fixed', async () => {
        const { hot, asked } = await open();
        await hot.directory.write({ 'bad.mjs': module('bad', 3, SELF, `throw new Error('not yet');`) });
        await hot.overlayShows('not yet');
        await hot.save({ 'bad.mjs': module('bad', 4, `import './leaf.mjs';`, SELF) }, 'accepted 4');
        await hot.overlayClosed();
        expect(await asked()).toBe('x saw 2');
        expect(await hot.survived()).toBe(true);
      });

      it('after its boundary is no longer imported', async () => {
        const { hot, asked } = await open();
        await hot.save({ 'main.mjs': main(2) }, 'accepted 2');
        expect(await asked()).toBe('x saw 2');
        expect(await hot.overlay()).toBeNull();
        expect(await hot.survived()).toBe(true);
      });
    });

    it('is applied after a module that it imports for the first time is fixed', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) });
      await hot.directory.write({
        'a.mjs': module('a', 2, `import './fresh.mjs';`, SELF),
        'fresh.mjs': module('fresh', 1, `throw new Error('fresh fails');`),
      });
      await hot.overlayShows('fresh fails');
      await hot.save({ 'fresh.mjs': module('fresh', 2) }, 'accepted 2');
      await hot.overlayClosed();
      // Two files saved in sequence can be two updates. The second one then retries the first.
      expect([...new Set(await hot.log())]).toEqual([
        'a 1',
        'main 1',
        'fresh 1',
        'fresh 2',
        'a 2',
        'accepted 2',
      ]);
    });
  });

  describe('a deleted or missing file', () => {
    it('keeps running and is reported while something imports it, and is updated when it is back', async () => {
      const hot = await suite.open({
        'main.mjs': MAIN,
        'a.mjs': module('a', 1, `import './leaf.mjs';`, SELF),
        'leaf.mjs': module('leaf', 1),
      });
      await rm(join(hot.directory.directory, 'leaf.mjs'));
      await hot.overlayShows('cannot find "./leaf.mjs"');
      await hot.save({ 'leaf.mjs': module('leaf', 2) }, 'accepted 1');
      await hot.overlayClosed();
      expect((await hot.log()).slice(3)).toEqual(['leaf 2', 'a 1', 'accepted 1']);
      expect(await hot.survived()).toBe(true);
    });

    it('is not reported when its importer is deleted too, even if the page may still import that', async () => {
      const main = (directory: string) =>
        module('main', directory, `import(${JSON.stringify(directory)} + '/a.mjs');`, SELF);
      const parts = (directory: string) => ({
        [`${directory}/a.mjs`]: module(`${directory}/a`, 1, `import './b.mjs';`),
        [`${directory}/b.mjs`]: module(`${directory}/b`, 1),
      });
      const hot = await suite.open({ 'main.mjs': main('./one'), ...parts('one') });
      await hot.logged('one/a 1');
      await rename(join(hot.directory.directory, 'one'), join(hot.directory.directory, 'two'));
      await hot.save({ 'main.mjs': main('./two'), ...parts('two') }, 'two/a 1');
      await hot.page.evaluate(() => modcast!.idle());
      // Between two saves the server may have reported a problem that no longer exists.
      await hot.overlayClosed();
      expect(await hot.survived()).toBe(true);
    });

    it('gets no new instance when its dependency changes, even if the page may still import it', async () => {
      const main = (name: string) =>
        module('main', name, `import './leaf.mjs';`, `import('./' + ${JSON.stringify(name)});`, SELF);
      const user = (name: string) => module(name, 1, `import './leaf.mjs';`, SELF);
      const leaf = (version: number) => module('leaf', version);
      const hot = await suite.open({
        'main.mjs': main('one.mjs'),
        'one.mjs': user('one'),
        'leaf.mjs': leaf(1),
      });
      await hot.logged('one 1');
      await rename(join(hot.directory.directory, 'one.mjs'), join(hot.directory.directory, 'two.mjs'));
      await hot.save({ 'main.mjs': main('two.mjs') }, 'accepted two.mjs');
      await hot.logged('one 1', 2);
      await hot.save({ 'leaf.mjs': leaf(2) }, 'accepted two.mjs', 2);
      await hot.page.evaluate(() => modcast!.idle());
      // Between two saves the server may have reported a problem that no longer exists.
      await hot.overlayClosed();
      expect(await hot.survived()).toBe(true);
    });

    it('cannot be imported by a new version, even if the page started with it', async () => {
      const user = (version: number) => module('a', version, `import './leaf.mjs';`, SELF);
      const asks = `import('./leaf.mjs').then(() => log.push('got it'), ({ message }) => log.push(message));`;
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `globalThis.ask = () => ${asks}`,
          `modcast.on('update', ({ paths }) => log.push('changed ' + paths));`,
        ),
        'a.mjs': user(1),
        'leaf.mjs': module('leaf', 1),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      await rm(join(hot.directory.directory, 'leaf.mjs'));
      await hot.logged('changed leaf.mjs');
      await hot.page.evaluate(() => modcast!.idle());
      await hot.page.evaluate(() => (globalThis as unknown as { ask(): Promise<unknown> }).ask());
      await hot.logged('leaf.mjs does not exist any more');
      await hot.directory.write({ 'a.mjs': user(4) });
      await hot.overlayShows('cannot find "./leaf.mjs"');
      await hot.save({ 'leaf.mjs': module('leaf', 2) }, 'accepted 4');
      await hot.overlayClosed();
      expect((await hot.log()).filter((line) => line.startsWith('leaf '))).toContain('leaf 2');
    });

    it('is not reported when nothing imports it any more', async () => {
      const hot = await suite.open({
        'main.mjs': MAIN,
        'a.mjs': module('a', 1, `import './leaf.mjs';`, SELF),
        'leaf.mjs': module('leaf', 1),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      await rm(join(hot.directory.directory, 'leaf.mjs'));
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
      // Between two saves the server may have reported a problem that no longer exists.
      await hot.overlayClosed();
    });

    it('is found as soon as it is created after its importer', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) });
      await hot.directory.write({ 'a.mjs': module('a', 2, `import './new.mjs';`, SELF) });
      await hot.overlayShows('cannot find "./new.mjs"');
      // The server may report this before the browser's own request fails.
      await hot.page.evaluate(() => modcast!.idle());
      await hot.save({ 'new.mjs': module('new', 1) }, 'accepted 2');
      await hot.overlayClosed();
      expect(await hot.log()).toEqual(['a 1', 'main 1', 'new 1', 'a 2', 'accepted 2']);
    });
  });

  describe('a file that is saved before its dependency', () => {
    it('runs again when the dependency of its import() is deployed, so that there is one instance', async () => {
      const user = (version: number) =>
        module('a', version, `(globalThis.asked = import('./new.mjs')).catch(() => {});`, SELF);
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) });
      hot.server.http = (target) => (target === '/new.mjs' ? 'hold' : 'pass');
      await hot.directory.write({ 'a.mjs': user(2) });
      await hot.server.requested((target) => target === '/new.mjs');
      await hot.directory.write({ 'new.mjs': module('new', 1) });
      hot.server.releaseHttp();
      await hot.logged('a 2', 2);
      await hot.page.evaluate(() => modcast!.idle());
      await hot.page.until(() =>
        // The import() of the first instance of `a` may settle after that of the second one.
        Promise.all([modcast!.import('new.mjs'), (globalThis as { asked?: unknown }).asked]).then(
          ([held, asked]) => held === asked,
        ),
      );
      expect(await hot.survived()).toBe(true);
    });

    it('leaves no outdated instance of modules that the browser loaded by URL', async () => {
      const parts = (version: number) => ({
        'part.mjs': module('part', version, `import './leaf.mjs';`),
        'leaf.mjs': module('leaf', version),
      });
      const hot = await suite.open(
        {
          'main.mjs': MAIN,
          'a.mjs': module('a', 1, SELF),
          'plain/b.mjs': `import '../part.mjs';`,
          ...parts(1),
        },
        { exclude: ['plain/**'] },
      );
      // The browser loads excluded files and their dependencies by URL from the site.
      await hot.save({ 'a.mjs': module('a', 2, `import './plain/b.mjs';`, SELF) }, 'accepted 2');
      // All files change in one deploy. The page may reload because of modules that it loaded by URL.
      await hot.restart({ ...parts(3), 'a.mjs': module('a', 4, `import './part.mjs';`, SELF) });
      const log = await hot.logged('a 4');
      expect(log.slice(log.indexOf('a 4') - 2, log.indexOf('a 4'))).toEqual(['leaf 3', 'part 3']);
    });

    it('runs with the served dependency, and is updated when that is deployed', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) });
      // No manifest has this file yet. The page's request for it waits until the file exists.
      hot.server.http = (target) => (target === '/new.mjs' ? 'hold' : 'pass');
      await hot.directory.write({ 'a.mjs': module('a', 2, `import './new.mjs';`, SELF) });
      await hot.server.requested((target) => target === '/new.mjs');
      await hot.directory.write({ 'new.mjs': module('new', 1) });
      hot.server.releaseHttp();
      await hot.logged('accepted 2');
      await hot.save({ 'new.mjs': module('new', 2) }, 'new 2');
      await hot.overlayClosed();
      expect(await hot.survived()).toBe(true);
    });
  });
});
