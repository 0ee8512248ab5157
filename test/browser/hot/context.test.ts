import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const MAIN = module('main', 1, `import './a.mjs';`);
const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;

inEachBrowser((suite) => {
  describe('dispose() and data', () => {
    it('pass data from one instance to the next', async () => {
      const a = (version: number) =>
        module(
          'a',
          version,
          `log.push('data ' + (import.meta.hot.data.count ?? 'none'));`,
          `import.meta.hot.dispose(async (data) => { await null; data.count = (data.count ?? 0) + 1; log.push('disposed ${version}'); });`,
          SELF,
        );
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': a(1) });
      await hot.save({ 'a.mjs': a(2) }, 'accepted 2');
      await hot.save({ 'a.mjs': a(3) }, 'accepted 3');
      expect(await hot.log()).toEqual([
        'a 1',
        'data none',
        'main 1',
        'disposed 1',
        'a 2',
        'data 1',
        'accepted 2',
        'disposed 2',
        'a 3',
        'data 2',
        'accepted 3',
      ]);
    });
  });

  describe('prune()', () => {
    it('is called when nothing imports a module any more, and a later import runs it again', async () => {
      const a = (version: number, imports: string) => module('a', version, imports, SELF);
      const leaf = module(
        'leaf',
        1,
        `import.meta.hot.dispose(() => log.push('disposed leaf'));`,
        `import.meta.hot.prune(() => log.push('pruned leaf'));`,
      );
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `import.meta.hot.on('vite:beforePrune', ({ paths }) => log.push('pruning ' + paths));`,
        ),
        'a.mjs': a(1, `import './leaf.mjs';`),
        'leaf.mjs': leaf,
      });
      await hot.save({ 'a.mjs': a(2, '') }, 'pruned leaf');
      expect((await hot.log()).slice(3)).toEqual([
        'a 2',
        'accepted 2',
        'pruning /leaf.mjs',
        'disposed leaf',
        'pruned leaf',
      ]);
      await hot.save({ 'a.mjs': a(3, `import './leaf.mjs';`) }, 'accepted 3');
      expect((await hot.log()).slice(8)).toEqual(['leaf 1', 'a 3', 'accepted 3']);
    });
  });

  describe('invalidate()', () => {
    it('continues at the importer of the module, and sends an event', async () => {
      const a = (version: number) =>
        module(
          'a',
          version,
          `import.meta.hot.accept((next) => { if (next.version > 1) import.meta.hot.invalidate('too new'); });`,
        );
      const top = module(
        'top',
        1,
        `import { version as seen } from './a.mjs';`,
        `log.push('top saw ' + seen);`,
        SELF,
      );
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './top.mjs';`,
          `import.meta.hot.on('vite:invalidate', (event) => log.push(JSON.stringify(event)));`,
        ),
        'top.mjs': top,
        'a.mjs': a(1),
      });
      await hot.save({ 'a.mjs': a(2) }, 'accepted 1');
      expect((await hot.log()).slice(4)).toEqual([
        'a 2',
        '{"path":"/a.mjs","message":"too new","firstInvalidatedBy":"/a.mjs"}',
        'top 1',
        'top saw 2',
        'accepted 1',
      ]);
    });

    it('reloads the page when no importer accepts the module', async () => {
      const a = (version: number) =>
        module('a', version, `import.meta.hot.accept(() => import.meta.hot.invalidate());`);
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': a(1) });
      await hot.directory.write({ 'a.mjs': a(2) });
      await hot.reloaded();
      expect(await hot.log()).toEqual(['a 2', 'main 1']);
    });
  });

  describe('decline()', () => {
    it('does nothing, as in Vite', async () => {
      const a = (version: number) => module('a', version, 'import.meta.hot.decline();', SELF);
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': a(1) });
      await hot.save({ 'a.mjs': a(2) }, 'accepted 2');
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('on() and off()', () => {
    it('work under both event names, and only while the version that listens runs', async () => {
      const a = (version: number) =>
        module(
          'a',
          version,
          `for (const name of ['vite', 'modcast']) import.meta.hot.on(name + ':beforeUpdate', ({ updates }) => log.push(\`${version} \${name} \${updates[0].path} \${updates[0].acceptedPath}\`));`,
          `const heard = () => log.push('never'); import.meta.hot.on('vite:afterUpdate', heard); import.meta.hot.off('vite:afterUpdate', heard);`,
          SELF,
        );
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': a(1) });
      await hot.save({ 'a.mjs': a(2) }, 'accepted 2');
      await hot.save({ 'a.mjs': a(3) }, 'accepted 3');
      expect((await hot.log()).slice(2)).toEqual([
        '1 vite /a.mjs /a.mjs',
        '1 modcast /a.mjs /a.mjs',
        'a 2',
        'accepted 2',
        '2 vite /a.mjs /a.mjs',
        '2 modcast /a.mjs /a.mjs',
        'a 3',
        'accepted 3',
      ]);
    });

    it('deliver an event before a full reload', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `import.meta.hot.on('vite:beforeFullReload', () => sessionStorage.setItem('reloading', 'yes'));`,
        ),
        'a.mjs': module('a', 1),
      });
      await hot.directory.write({ 'a.mjs': module('a', 2) });
      await hot.reloaded();
      expect(await hot.page.evaluate(() => sessionStorage.getItem('reloading'))).toBe('yes');
    });
  });

  describe('custom events', () => {
    it('can be sent from the page and from the server', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import.meta.hot.on('greeting', (data) => log.push('heard ' + data.text));`,
        ),
      });
      const { registry } = hot.server;
      const received = new Promise((resolve) =>
        registry.on('message', (topic, data) => resolve({ topic, data })),
      );
      await hot.directory.write({
        'main.mjs': module(
          'main',
          2,
          `import.meta.hot.send('question', { n: 1 });`,
          `import.meta.hot.on('greeting', (data) => log.push('heard ' + data.text));`,
        ),
      });
      expect(await received).toEqual({ topic: 'question', data: { n: 1 } });
      await hot.reloaded();
      registry.send('greeting', { text: 'hello' });
      await hot.logged('heard hello');
    });
  });

  describe('import.meta.hot', () => {
    it('and its script are absent when the server does not watch', async () => {
      const hot = await suite.open(
        { 'main.mjs': module('main', 1, `log.push(String(import.meta.hot), 'hot' in import.meta);`) },
        { watch: false },
      );
      expect(await hot.log()).toEqual(['main 1', 'undefined', false]);
      expect(hot.server.requests.some((target) => target.includes('hot.js'))).toBe(false);
    });
  });
});
