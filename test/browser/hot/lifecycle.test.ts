import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const acceptDep = (name: string) =>
  `import.meta.hot.accept('./${name}.mjs', (module) => log.push('got ' + module?.version));`;
const disposed = (name: string) => `import.meta.hot.dispose(() => log.push('disposed ${name}'));`;
const pruned = (name: string) => `import.meta.hot.prune(() => log.push('pruned ${name}'));`;
/** Counts the instances of a module in `import.meta.hot.data`. */
const counting = (name: string) =>
  `import.meta.hot.dispose((data) => { data.count = (data.count ?? 0) + 1; log.push('disposed ${name}'); }); log.push('${name} count ' + import.meta.hot.data.count);`;
const givingUp = (version: number, name = 'a', ...more: string[]) =>
  module(
    name,
    version,
    ...more,
    `import.meta.hot.accept((next) => import.meta.hot.invalidate('${name} gave up ' + next.version));`,
  );
const INVALIDATED = `import.meta.hot.on('vite:invalidate', ({ path, message, firstInvalidatedBy }) => log.push([path, message, firstInvalidatedBy].join(' ')));`;

inEachBrowser((suite) => {
  describe('dispose() callbacks and data', () => {
    it('belong to the replaced dependency, not to the module that accepted it', async () => {
      const a = (version: number) => module('a', version, counting('a'));
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, counting('main'), acceptDep('a')),
        'a.mjs': a(1),
      });
      await hot.save({ 'a.mjs': a(2) }, 'got 2');
      await hot.save({ 'a.mjs': a(3) }, 'got 3');
      expect(await hot.log()).toEqual([
        'a 1',
        'a count undefined',
        'main 1',
        'main count undefined',
        'disposed a',
        'a 2',
        'a count 1',
        'got 2',
        'disposed a',
        'a 3',
        'a count 2',
        'got 3',
      ]);
    });

    it('run for all modules up to the boundary before any new version runs', async () => {
      const leaf = (version: number) => module('leaf', version, disposed('leaf'));
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, disposed('main')),
        'a.mjs': module('a', 1, `import './left.mjs';`, `import './right.mjs';`, disposed('a'), SELF),
        'left.mjs': module('left', 1, `import './leaf.mjs';`, disposed('left')),
        'right.mjs': module('right', 1, `import './leaf.mjs';`, disposed('right')),
        'leaf.mjs': leaf(1),
      });
      await hot.save({ 'leaf.mjs': leaf(2) }, 'accepted 1');
      const lines = (await hot.log()).slice(5);
      expect(lines.slice(0, 4).toSorted()).toEqual([
        'disposed a',
        'disposed leaf',
        'disposed left',
        'disposed right',
      ]);
      expect(lines.slice(4)).toEqual(['leaf 2', 'left 1', 'right 1', 'a 1', 'accepted 1']);
    });

    it('are all called and awaited, also for several modules', async () => {
      const slow = (name: string) =>
        `import.meta.hot.dispose(async () => { await fetch('/note.txt'); log.push('${name} slowly'); });`;
      const part = (name: string, version: number) => module(name, version, slow(name), disposed(name), SELF);
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
        'a.mjs': part('a', 1),
        'b.mjs': part('b', 1),
        'note.txt': '',
      });
      await hot.directory.write({ 'a.mjs': part('a', 2), 'b.mjs': part('b', 2) });
      await hot.logged('accepted 2', 2);
      const lines = await hot.log();
      for (const name of ['a', 'b']) {
        const at = [`${name} slowly`, `disposed ${name}`, `${name} 2`].map((line) => lines.indexOf(line));
        expect(at).toEqual(at.toSorted((x, y) => x - y));
        expect(at).not.toContain(-1);
      }
    });

    it('work for modules in a cycle', async () => {
      const b = (version: number) => module('b', version, `import './a.mjs';`, counting('b'));
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module('a', 1, `import './b.mjs';`, counting('a'), SELF),
        'b.mjs': b(1),
      });
      await hot.directory.write({ 'b.mjs': b(2) });
      if (!suite.engine.capabilities.mergesImportMaps) {
        await hot.page.line('in a cycle');
        await hot.reloaded();
        expect(await hot.log()).toEqual(['b 2', 'b count undefined', 'a 1', 'a count undefined', 'main 1']);
        return;
      }
      await hot.logged('accepted 1');
      const lines = (await hot.log()).slice(5);
      expect(lines.slice(0, 2).toSorted()).toEqual(['disposed a', 'disposed b']);
      expect(lines.slice(2)).toEqual(['b 2', 'b count 1', 'a 1', 'a count 1', 'accepted 1']);
    });

    it('work for a module that is only imported dynamically', async () => {
      const later = (version: number) => module('later', version, counting('later'), SELF);
      const hot = await suite.open({
        'main.mjs': module('main', 1, `await import('./later.mjs');`),
        'later.mjs': later(1),
      });
      await hot.logged('later count undefined');
      await hot.save({ 'later.mjs': later(2) }, 'accepted 2');
      await hot.save({ 'later.mjs': later(3) }, 'accepted 3');
      expect((await hot.log()).filter((line) => line.startsWith('later count'))).toEqual([
        'later count undefined',
        'later count 1',
        'later count 2',
      ]);
    });

    it('do not stop an update when they throw, and the error is reported', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': module(
          'a',
          1,
          `import.meta.hot.dispose(() => { throw new Error('cannot clean up'); });`,
          disposed('a'),
          SELF,
        ),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
      expect((await hot.log()).slice(2)).toEqual(['disposed a', 'a 2', 'accepted 2', 'a 3', 'accepted 3']);
      expect(await hot.page.line('cannot clean up')).toBeTruthy();
    });
  });

  describe('prune()', () => {
    const MAIN = module(
      'main',
      1,
      `import './a.mjs';`,
      `import.meta.hot.on('vite:beforePrune', ({ paths }) => log.push('pruning ' + paths.toSorted()));`,
    );

    it('is called for several modules and for dependencies that only they imported', async () => {
      const hot = await suite.open({
        'main.mjs': MAIN,
        'a.mjs': module('a', 1, `import './left.mjs';`, `import './right.mjs';`, SELF),
        'left.mjs': module('left', 1, `import './deep.mjs';`, pruned('left')),
        'right.mjs': module('right', 1, disposed('right'), pruned('right')),
        'deep.mjs': module('deep', 1, pruned('deep')),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'pruned deep');
      const lines = (await hot.log()).slice(5);
      expect(lines.slice(0, 4)).toEqual([
        'a 2',
        'accepted 2',
        'pruning /deep.mjs,/left.mjs,/right.mjs',
        'disposed right',
      ]);
      expect(lines.slice(4).toSorted()).toEqual(['pruned deep', 'pruned left', 'pruned right']);
    });

    it('is called for modules that import each other', async () => {
      const hot = await suite.open({
        'main.mjs': MAIN,
        'a.mjs': module('a', 1, `import './left.mjs';`, SELF),
        'left.mjs': module('left', 1, `import './right.mjs';`, pruned('left')),
        'right.mjs': module('right', 1, `import './left.mjs';`, pruned('right')),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'pruned right');
      await hot.logged('pruned left');
      expect(await hot.log()).toContain('pruning /left.mjs,/right.mjs');
    });

    it('is called for a module that was only imported dynamically', async () => {
      const hot = await suite.open({
        'main.mjs': MAIN,
        'a.mjs': module('a', 1, `await import('./later.mjs');`, SELF),
        'later.mjs': module('later', 1, pruned('later')),
      });
      await hot.logged('later 1');
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'pruned later');
      await hot.save({ 'a.mjs': module('a', 3, `await import('./later.mjs');`, SELF) }, 'later 1', 2);
      await hot.logged('accepted 3');
      expect(await hot.survived()).toBe(true);
    });

    it('is not called for a module that another one still imports', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
        'a.mjs': module('a', 1, `import './leaf.mjs';`, SELF),
        'b.mjs': module('b', 1, `import './leaf.mjs';`, SELF),
        'leaf.mjs': module('leaf', 1, pruned('leaf')),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(await hot.log()).not.toContain('pruned leaf');
      await hot.save({ 'b.mjs': module('b', 3, SELF) }, 'pruned leaf');
    });
  });

  describe('invalidate()', () => {
    it('continues at the importers of the module whose accept callback calls it', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`, INVALIDATED),
        'top.mjs': module('top', 1, `import './holder.mjs';`, SELF),
        'holder.mjs': module(
          'holder',
          1,
          `import './a.mjs';`,
          `import.meta.hot.accept('./a.mjs', () => import.meta.hot.invalidate());`,
        ),
        'a.mjs': module('a', 1),
      });
      await hot.save({ 'a.mjs': module('a', 2) }, 'accepted 1');
      expect((await hot.log()).slice(4)).toEqual(['a 2', '/holder.mjs  /holder.mjs', 'top 1', 'accepted 1']);
      expect(await hot.page.line('holder.mjs invalidated itself')).toBeTruthy();
    });

    it('can be called by each importer in turn, and the event names the first caller', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`, INVALIDATED),
        'top.mjs': module('top', 1, `import './mid.mjs';`, SELF),
        'mid.mjs': givingUp(1, 'mid', `import './a.mjs';`),
        'a.mjs': givingUp(1),
      });
      await hot.save({ 'a.mjs': givingUp(2) }, 'accepted 1');
      expect((await hot.log()).slice(4)).toEqual([
        'a 2',
        '/a.mjs a gave up 2 /a.mjs',
        'mid 1',
        '/mid.mjs mid gave up 1 /a.mjs',
        'top 1',
        'accepted 1',
      ]);
      expect(await hot.page.line('a.mjs invalidated itself: a gave up 2')).toBeTruthy();
    });

    it('can be called by several modules in one update', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`),
        'top.mjs': module(
          'top',
          1,
          `import { version as a } from './a.mjs';`,
          `import { version as b } from './b.mjs';`,
          `log.push('top saw ' + a + b);`,
          SELF,
        ),
        'a.mjs': givingUp(1),
        'b.mjs': givingUp(1, 'b'),
      });
      await hot.save({ 'a.mjs': givingUp(2), 'b.mjs': givingUp(2, 'b') }, 'top saw 22');
      expect(await hot.survived()).toBe(true);
    });

    it('does not loop in a cycle of modules', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`),
        'a.mjs': givingUp(1, 'a', `import './b.mjs';`),
        'b.mjs': givingUp(1, 'b', `import './a.mjs';`),
      });
      await hot.directory.write({ 'b.mjs': givingUp(2, 'b', `import './a.mjs';`) });
      await hot.reloaded();
      expect(await hot.log()).toEqual(['b 2', 'a 1', 'main 1']);
    });

    it('works in a module that is only imported dynamically', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`),
        'top.mjs': module(
          'top',
          1,
          `const { version: seen } = await import('./a.mjs'); log.push('top saw ' + seen);`,
          SELF,
        ),
        'a.mjs': givingUp(1),
      });
      await hot.logged('top saw 1');
      await hot.save({ 'a.mjs': givingUp(2) }, 'top saw 2');
      await hot.logged('accepted 1');
      expect(await hot.survived()).toBe(true);
    });

    it('works while the new version runs and at any later time', async () => {
      const a = (version: number) =>
        module(
          'a',
          version,
          `import.meta.hot.accept(); globalThis.giveUp = () => import.meta.hot.invalidate('at last');`,
          `if (import.meta.hot.data.isUpdate) import.meta.hot.invalidate('at once'); import.meta.hot.data.isUpdate = true;`,
        );
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`, INVALIDATED),
        'top.mjs': module('top', 1, `import './a.mjs';`, SELF),
        'a.mjs': a(1),
      });
      await hot.save({ 'a.mjs': a(2) }, 'accepted 1');
      expect((await hot.log()).slice(3)).toEqual(['a 2', '/a.mjs at once /a.mjs', 'top 1', 'accepted 1']);
      await hot.page.evaluate(() => (globalThis as unknown as { giveUp(): void }).giveUp());
      await hot.logged('accepted 1', 2);
      expect((await hot.log()).slice(7)).toEqual(['/a.mjs at last /a.mjs', 'top 1', 'accepted 1']);
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('decline()', () => {
    it('does not stop an update, in a module or in its importer', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`),
        'top.mjs': module('top', 1, `import './a.mjs';`, 'import.meta.hot.decline();', SELF),
        'a.mjs': module('a', 1, `import './b.mjs';`, 'import.meta.hot.decline();'),
        'b.mjs': module('b', 1),
      });
      await hot.save({ 'b.mjs': module('b', 2) }, 'accepted 1');
      expect((await hot.log()).slice(4)).toEqual(['b 2', 'a 1', 'top 1', 'accepted 1']);
    });
  });
});
