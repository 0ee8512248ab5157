import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const acceptDep = (name: string) =>
  `import.meta.hot.accept('./${name}.mjs', (module) => log.push('got ' + module?.version));`;

inEachBrowser((suite) => {
  describe('accept() of a module itself', () => {
    it('runs the new version, and passes it to the callback of the old one', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module('a', 1, SELF),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
      expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 2', 'accepted 2', 'a 3', 'accepted 3']);
      expect(await hot.survived()).toBe(true);
    });

    it('works without a callback, and does not apply to later versions that do not call it', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module('a', 1, 'import.meta.hot.accept();'),
      });
      await hot.save({ 'a.mjs': module('a', 2) }, 'a 2');
      expect(await hot.survived()).toBe(true);
      // The running version accepts nothing.
      await hot.directory.write({ 'a.mjs': module('a', 3) });
      await hot.reloaded();
      expect(await hot.log()).toEqual(['a 3', 'main 1']);
    });

    it('updates the module when a dependency changes, and runs each module in between once', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`, `import './other.mjs';`),
        'top.mjs': module('top', 1, `import './left.mjs';`, `import './right.mjs';`, SELF),
        'left.mjs': module(
          'left',
          1,
          `import { version as seen } from './leaf.mjs';`,
          `log.push('left saw ' + seen);`,
        ),
        'right.mjs': module(
          'right',
          1,
          `import { version as seen } from './leaf.mjs';`,
          `log.push('right saw ' + seen);`,
        ),
        'leaf.mjs': module('leaf', 1),
        'other.mjs': module('other', 1),
      });
      const before = (await hot.log()).length;
      await hot.save({ 'leaf.mjs': module('leaf', 2) }, 'accepted 1');
      expect((await hot.log()).slice(before)).toEqual([
        'leaf 2',
        'left 1',
        'left saw 2',
        'right 1',
        'right saw 2',
        'top 1',
        'accepted 1',
      ]);
    });

    it('works for each instance of a file with a query', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs?one';`, `import './a.mjs?two';`),
        'a.mjs': module('a', 1, SELF),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2', 2);
      expect(await hot.log()).toEqual(['a 1', 'a 1', 'main 1', 'a 2', 'a 2', 'accepted 2', 'accepted 2']);
    });
  });

  describe('accept() of a dependency', () => {
    it('keeps the importer running', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, acceptDep('a')),
        'a.mjs': module('a', 1),
      });
      await hot.save({ 'a.mjs': module('a', 2) }, 'got 2');
      await hot.save({ 'a.mjs': module('a', 3) }, 'got 3');
      expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 2', 'got 2', 'a 3', 'got 3']);
      expect(await hot.survived()).toBe(true);
    });

    it('with a list of dependencies passes the replaced ones, in the order of the list', async () => {
      const accept = `import.meta.hot.accept(['./a.mjs', './b.mjs'], (modules) => log.push('got ' + modules.map((one) => one?.version)));`;
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`, accept),
        'a.mjs': module('a', 1),
        'b.mjs': module('b', 1),
      });
      await hot.save({ 'b.mjs': module('b', 2) }, 'got ,2');
      await hot.save({ 'a.mjs': module('a', 3) }, 'got 3,');
      expect(await hot.survived()).toBe(true);
    });

    it('is handled by the nearest importer in a chain', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, acceptDep('a')),
        'a.mjs': module('a', 1, `import './b.mjs';`, acceptDep('b')),
        'b.mjs': module('b', 1, `import './c.mjs';`),
        'c.mjs': module('c', 1),
      });
      await hot.save({ 'c.mjs': module('c', 2) }, 'got 1');
      expect((await hot.log()).slice(4)).toEqual(['c 2', 'b 1', 'got 1']);
      await hot.save({ 'a.mjs': module('a', 2, `import './b.mjs';`) }, 'got 2');
      expect((await hot.log()).slice(7)).toEqual(['a 2', 'got 2']);
    });

    it('throws for a specifier that does not resolve', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `try { import.meta.hot.accept('bare', () => {}); } catch (error) { log.push(error.name); }`,
        ),
      });
      expect(await hot.log()).toEqual(['main 1', 'TypeError']);
    });
  });

  describe('modules in a cycle', () => {
    const files = (version: number) => ({
      'a.mjs': module(
        'a',
        1,
        `import { name as other } from './b.mjs';`,
        `export const name = () => 'a' + other();`,
        SELF,
      ),
      'b.mjs': module(
        'b',
        version,
        `import { version as seen } from './a.mjs';`,
        `export const name = () => 'b${version} in a' + seen;`,
      ),
    });

    it('get new instances that import each other', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import { name } from './a.mjs';`,
          `globalThis.name = name;`,
          acceptDep('a'),
        ),
        ...files(1),
      });
      const name = () =>
        hot.page.evaluate(async () => ((await modcast!.import('a.mjs')) as { name(): string }).name());
      if (!suite.engine.capabilities.mergesImportMaps) {
        // Two blobs cannot name each other: each would need the other's URL before it has one.
        await hot.directory.write({ 'b.mjs': files(2)['b.mjs'] });
        expect(await hot.page.line('in a cycle')).toContain('full reload: a.mjs');
        await hot.reloaded();
        expect(await hot.log()).toEqual(['b 2', 'a 1', 'main 1']);
        expect(await name()).toBe('ab2 in a1');
        return;
      }
      await hot.save({ 'b.mjs': files(2)['b.mjs'] }, 'accepted 1');
      expect((await hot.log()).slice(3)).toEqual(['b 2', 'a 1', 'accepted 1']);
      await hot.save({ 'b.mjs': files(3)['b.mjs'] }, 'accepted 1', 2);
      expect((await hot.log()).slice(6)).toEqual(['b 3', 'a 1', 'accepted 1']);
      expect(await hot.survived()).toBe(true);
      expect(await name()).toBe('ab3 in a1');
    });

    it('reload the page when there is no boundary', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module('a', 1, `import './b.mjs';`),
        'b.mjs': module('b', 1, `import './a.mjs';`),
      });
      await hot.directory.write({ 'b.mjs': module('b', 2, `import './a.mjs';`) });
      await hot.reloaded();
      expect(await hot.log()).toEqual(['b 2', 'a 1', 'main 1']);
    });
  });

  describe('modules that are only imported dynamically', () => {
    it('can accept themselves', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `await import('./later.mjs');`),
        'later.mjs': module('later', 1, `import './deep.mjs';`, SELF),
        'deep.mjs': module('deep', 1),
      });
      await hot.logged('later 1');
      await hot.save({ 'later.mjs': module('later', 2, `import './deep.mjs';`, SELF) }, 'accepted 2');
      await hot.save({ 'deep.mjs': module('deep', 2) }, 'accepted 2', 2);
      expect((await hot.log()).slice(3)).toEqual([
        'later 2',
        'accepted 2',
        'deep 2',
        'later 2',
        'accepted 2',
      ]);
      expect(await hot.survived()).toBe(true);
    });

    it('can be accepted by their importer', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `await import('./later.mjs');`, acceptDep('later')),
        'later.mjs': module('later', 1),
      });
      await hot.logged('later 1');
      await hot.save({ 'later.mjs': module('later', 2) }, 'got 2');
      expect(await hot.survived()).toBe(true);
    });

    it('run in the newest version when they are first imported after a change', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `globalThis.later = () => import('./later.mjs');`,
          acceptDep('a'),
        ),
        'a.mjs': module('a', 1),
        'later.mjs': module(
          'later',
          1,
          `import { version as seen } from './a.mjs';`,
          `log.push('later saw ' + seen);`,
        ),
      });
      await hot.save(
        {
          'a.mjs': module('a', 2),
          'later.mjs': module(
            'later',
            2,
            `import { version as seen } from './a.mjs';`,
            `log.push('later saw ' + seen);`,
          ),
        },
        'got 2',
      );
      await hot.page.evaluate(() => (globalThis as unknown as { later(): Promise<unknown> }).later());
      expect((await hot.log()).slice(2)).toEqual(['a 2', 'got 2', 'later 2', 'later saw 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('are imported again by a new version of their importer', async () => {
      const top = (version: number) => module('top', version, `await import('./later.mjs');`, SELF);
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`),
        'top.mjs': top(1),
        'later.mjs': module('later', 1),
      });
      await hot.logged('later 1');
      await hot.save({ 'later.mjs': module('later', 2) }, 'accepted 1');
      expect((await hot.log()).slice(3)).toEqual(['top 1', 'later 2', 'accepted 1']);
    });
  });

  describe('a change that no module accepts', () => {
    it('reloads the page once for a burst of saves, and keeps the scroll position', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `import './b.mjs';`,
          `const tall = document.createElement('div'); tall.style.height = '5000px'; document.body.append(tall);`,
        ),
        'a.mjs': module('a', 1),
        'b.mjs': module('b', 1),
      });
      await hot.page.evaluate(() => scrollTo(0, 1234));
      hot.server.clear();
      await hot.directory.write({ 'a.mjs': module('a', 2), 'b.mjs': module('b', 2) });
      await hot.reloaded();
      expect(await hot.log()).toEqual(['a 2', 'b 2', 'main 1']);
      await hot.page.until(() => scrollY === 1234);
      expect(hot.server.requests.filter((target) => target === '/')).toHaveLength(1);
    });
  });
});
