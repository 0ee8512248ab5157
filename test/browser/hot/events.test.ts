import { describe, expect, it } from 'vitest';
import { html, module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;

/** Logs an event under both of its names, with a part of its payload. */
const hear = (event: string, payload: string, say = 'log.push(line)') =>
  `for (const owner of ['vite', 'modcast']) import.meta.hot.on(owner + ':${event}', (payload) => { const line = owner + ' ${event} ' + ${payload}; ${say}; });`;
const both = (event: string, payload: string) => [`vite ${event} ${payload}`, `modcast ${event} ${payload}`];
const UPDATES = `payload.type + payload.updates.map((update) => [update.type, update.path, update.acceptedPath, typeof update.timestamp].join(' '))`;

inEachBrowser((suite) => {
  describe('the events vite:* and modcast:*', () => {
    it('beforeUpdate and afterUpdate surround a module update', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          hear('beforeUpdate', UPDATES),
          hear('afterUpdate', UPDATES),
          `import.meta.hot.accept('./a.mjs', () => log.push('accepted'));`,
        ),
        'a.mjs': module('a', 1),
      });
      const update = 'updatejs-update /main.mjs /a.mjs number';
      await hot.save({ 'a.mjs': module('a', 2) }, `modcast afterUpdate ${update}`);
      expect((await hot.log()).slice(2)).toEqual([
        ...both('beforeUpdate', update),
        'a 2',
        'accepted',
        ...both('afterUpdate', update),
      ]);
    });

    it('beforeUpdate and afterUpdate surround a style sheet update', async () => {
      const hot = await suite.open({
        'index.html': html(
          '<link rel="stylesheet" href="style.css"><script type="module" src="main.mjs"></script>',
        ),
        'style.css': 'p { color: red }',
        'main.mjs': module('main', 1, hear('beforeUpdate', UPDATES), hear('afterUpdate', UPDATES)),
      });
      const update = 'updatecss-update /style.css /style.css number';
      await hot.save({ 'style.css': 'p { color: blue }' }, `modcast afterUpdate ${update}`);
      expect((await hot.log()).slice(1)).toEqual([
        ...both('beforeUpdate', update),
        ...both('afterUpdate', update),
      ]);
    });

    it('beforeFullReload is sent before a full reload', async () => {
      const keep = `sessionStorage.setItem('heard', (sessionStorage.getItem('heard') ?? '') + line + ';')`;
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          hear('beforeFullReload', `payload.type + ' ' + payload.path`, keep),
        ),
        'a.mjs': module('a', 1),
      });
      await hot.directory.write({ 'a.mjs': module('a', 2) });
      await hot.reloaded();
      expect(await hot.page.evaluate(() => sessionStorage.getItem('heard'))).toBe(
        both('beforeFullReload', 'full-reload /;').join(''),
      );
    });

    it('beforePrune is sent before the prune callbacks', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          hear('beforePrune', `payload.type + ' ' + payload.paths`),
        ),
        'a.mjs': module('a', 1, `import './leaf.mjs';`, SELF),
        'leaf.mjs': module('leaf', 1, `import.meta.hot.prune(() => log.push('pruned'));`),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'pruned');
      expect((await hot.log()).slice(5)).toEqual([...both('beforePrune', 'prune /leaf.mjs'), 'pruned']);
    });

    it('invalidate is sent when a module calls invalidate()', async () => {
      const a = (version: number) =>
        module('a', version, `import.meta.hot.accept(() => import.meta.hot.invalidate('why'));`);
      const hot = await suite.open({
        'main.mjs': module('main', 1, `import './top.mjs';`, hear('invalidate', 'JSON.stringify(payload)')),
        'top.mjs': module('top', 1, `import './a.mjs';`, SELF),
        'a.mjs': a(1),
      });
      await hot.save({ 'a.mjs': a(2) }, 'accepted 1');
      expect((await hot.log()).slice(4, 6)).toEqual(
        both('invalidate', '{"path":"/a.mjs","message":"why","firstInvalidatedBy":"/a.mjs"}'),
      );
    });

    it('error is sent when a new version throws', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          hear('error', `[payload.type, payload.err.message, payload.err.id, payload.err.loc.line]`),
        ),
        'a.mjs': module('a', 1, SELF),
      });
      const heard = both('error', 'error,RangeError: too far,a.mjs,3');
      await hot.save({ 'a.mjs': module('a', 2, `throw new RangeError('too far');`) }, heard[1]!);
      expect((await hot.log()).slice(3)).toEqual(heard);
    });

    it('ws:disconnect and ws:connect are sent when the connection is lost and back', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          hear('ws:connect', 'typeof payload'),
          hear('ws:disconnect', 'typeof payload'),
        ),
      });
      await hot.page.evaluate(() => modcast!.idle());
      hot.server.relay.cut();
      await hot.logged('modcast ws:connect object');
      expect((await hot.log()).slice(1)).toEqual([
        ...both('ws:disconnect', 'object'),
        ...both('ws:connect', 'object'),
      ]);
    });
  });

  describe('on() and off()', () => {
    it('keep listeners per module, and drop those of a replaced version', async () => {
      const a = (version: number) =>
        module(
          'a',
          version,
          `import.meta.hot.on('greeting', () => log.push('a ${version} heard'));`,
          `const off = () => log.push('never'); import.meta.hot.on('greeting', off); import.meta.hot.off('greeting', off);`,
          SELF,
        );
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `import.meta.hot.on('greeting', () => log.push('main heard'));`,
          `await import('./later.mjs');`,
        ),
        'a.mjs': a(1),
        'later.mjs': module('later', 1, `import.meta.hot.on('greeting', () => log.push('later heard'));`),
      });
      await hot.logged('later 1');
      await hot.save({ 'a.mjs': a(2) }, 'accepted 2');
      hot.server.registry.send('greeting', null);
      await hot.logged('main heard');
      await hot.page.until(() => log.filter((line) => line.endsWith(' heard')).length === 3);
      expect((await hot.log()).filter((line) => line.endsWith(' heard')).toSorted()).toEqual([
        'a 2 heard',
        'later heard',
        'main heard',
      ]);
      expect(await hot.log()).not.toContain('never');
    });

    it('call all listeners and continue the update when one listener throws', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `import.meta.hot.on('vite:beforeUpdate', () => { throw new Error('bad listener'); });`,
          `import.meta.hot.on('vite:beforeUpdate', () => log.push('heard'));`,
        ),
        'a.mjs': module('a', 1, SELF),
      });
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect((await hot.log()).slice(2)).toEqual(['heard', 'a 2', 'accepted 2']);
      await hot.page.line('bad listener');
    });
  });

  describe('send()', () => {
    it('queues messages without a connection, and sends them in order after it is back', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `globalThis.say = (event, data) => import.meta.hot.send(event, data);`,
          `import.meta.hot.on('vite:ws:disconnect', () => log.push('disconnected'));`,
        ),
      });
      await hot.page.evaluate(() => modcast!.idle());
      const received: unknown[] = [];
      const all = new Promise<void>((resolve) =>
        hot.server.registry.on('message', (topic, data) => {
          if (received.push([topic, data]) === 3) resolve();
        }),
      );
      hot.server.sockets = 'refuse';
      hot.server.relay.cut();
      await hot.logged('disconnected');
      await hot.page.evaluate(() => {
        const { say } = globalThis as unknown as { say(event: string, data?: unknown): void };
        say('first', { list: [1, 'two', null] });
        say('second', 'text');
        say('third');
      });
      hot.server.sockets = 'pass';
      await all;
      expect(received).toEqual([
        ['first', { list: [1, 'two', null] }],
        ['second', 'text'],
        ['third', null],
      ]);
    });
  });
});
