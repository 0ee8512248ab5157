import { describe, expect, it } from 'vitest';
import { module, type HotPage } from './hot-page.js';
import { inEachBrowser } from './suite.js';

/**
 * One form of `accept` for the modules `a` and `b`: code for the modules themselves, and for their importer.
 */
interface Form {
  readonly form: string;
  readonly inside: (name: string) => string;
  readonly holding: (...names: string[]) => string;
  /** Lines that are logged when version 2 of `name` is applied. `among`: all accepted modules. */
  readonly logged: (name: string, ...among: string[]) => string[];
}

const none = () => '';

const FORMS: readonly Form[] = [
  { form: 'accept()', inside: () => 'import.meta.hot.accept();', holding: none, logged: () => [] },
  {
    form: 'accept(cb)',
    inside: (name) => `import.meta.hot.accept((next) => log.push('${name} got ' + next.version));`,
    holding: none,
    logged: (name) => [`${name} got 2`],
  },
  {
    form: 'accept(dep, cb)',
    inside: none,
    holding: (...names) =>
      names
        .map(
          (name) =>
            `import.meta.hot.accept('./${name}.mjs', (next) => log.push('${name} got ' + next.version));`,
        )
        .join('\n'),
    logged: (name) => [`${name} got 2`],
  },
  {
    form: 'accept([deps], cb)',
    inside: none,
    holding: (...names) =>
      `import.meta.hot.accept(${JSON.stringify(names.map((name) => `./${name}.mjs`))}, (all) => log.push('got ' + all.map((next) => next?.version)));`,
    logged: (name, ...among) => [`got ${among.map((one) => (one === name ? 2 : '')).join()}`],
  },
];

/** Waits until exactly these lines were logged after line number `after`, in any order. */
async function expectLogged(hot: HotPage, after: number, lines: readonly string[]): Promise<void> {
  await hot.page.until(([from, count]) => log.length >= from + count, [after, lines.length] as const);
  expect((await hot.log()).slice(after).toSorted()).toEqual([...lines].toSorted());
  expect(await hot.survived()).toBe(true);
}

inEachBrowser((suite) => {
  describe.each(FORMS)('$form', ({ inside, holding, logged }) => {
    const target = (name: string, version: number, ...more: string[]) =>
      module(name, version, ...more, inside(name));

    it('accepts the module that changed', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, holding('a')),
        'a.mjs': target('a', 1),
      });
      await hot.directory.write({ 'a.mjs': target('a', 2) });
      await expectLogged(hot, 2, ['a 2', ...logged('a', 'a')]);
    });

    it('accepts a module whose dependency changed', async () => {
      const imports = [`import './mid.mjs';`];
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, holding('a')),
        'a.mjs': target('a', 2, ...imports),
        'mid.mjs': module('mid', 1, `import './leaf.mjs';`),
        'leaf.mjs': module('leaf', 1),
      });
      await hot.directory.write({ 'leaf.mjs': module('leaf', 2) });
      await expectLogged(hot, 4, ['leaf 2', 'mid 1', 'a 2', ...logged('a', 'a')]);
    });

    it('accepts several modules that change together', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`, holding('a', 'b')),
        'a.mjs': target('a', 1),
        'b.mjs': target('b', 1),
      });
      await hot.directory.write({ 'a.mjs': target('a', 2), 'b.mjs': target('b', 2) });
      await expectLogged(hot, 3, ['a 2', 'b 2', ...logged('a', 'a', 'b'), ...logged('b', 'a', 'b')]);
    });

    it('accepts a module in a cycle', async () => {
      const b = (version: number) => module('b', version, `import './a.mjs';`);
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './a.mjs';`, holding('a')),
        'a.mjs': target('a', 2, `import './b.mjs';`),
        'b.mjs': b(1),
      });
      await hot.directory.write({ 'b.mjs': b(2) });
      if (suite.engine.capabilities.mergesImportMaps) {
        await expectLogged(hot, 3, ['b 2', 'a 2', ...logged('a', 'a')]);
        return;
      }
      expect(await hot.page.line('in a cycle')).toContain('full reload: a.mjs');
      await hot.reloaded();
      expect(await hot.log()).toEqual(['b 2', 'a 2', 'main 1']);
    });

    it('accepts a module in a cycle with its importer', async () => {
      const a = (version: number) => target('a', version, `import './holder.mjs';`);
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './holder.mjs';`),
        'holder.mjs': module('holder', 1, `import './a.mjs';`, holding('a')),
        'a.mjs': a(1),
      });
      await hot.directory.write({ 'a.mjs': a(2) });
      // The new instance imports the running instance of the holder.
      await expectLogged(hot, 3, ['a 2', ...logged('a', 'a')]);
    });

    it('accepts a module that is only imported dynamically', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, holding('a'), `await import('./a.mjs');`),
        'a.mjs': target('a', 1),
      });
      await hot.logged('a 1');
      await hot.directory.write({ 'a.mjs': target('a', 2) });
      await expectLogged(hot, 2, ['a 2', ...logged('a', 'a')]);
      // modcast.import() returns the same instance: it does not run again.
      expect(
        await hot.page.evaluate(
          async () => ((await modcast!.import('a.mjs')) as { version: number }).version,
        ),
      ).toBe(2);
      expect(await hot.log()).toHaveLength(3 + logged('a', 'a').length);
    });

    it('accepts a module whose import() has a computed specifier', async () => {
      const hot = await suite.open({
        'main.mjs': module('main', 1, holding('a'), `const name = 'a'; await import('./' + name + '.mjs');`),
        'a.mjs': target('a', 1),
      });
      await hot.logged('a 1');
      await hot.directory.write({ 'a.mjs': target('a', 2) });
      await expectLogged(hot, 2, ['a 2', ...logged('a', 'a')]);
    });
  });
});
