import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const MAIN = module('main', 1, `import './a.mjs';`);
const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;

/** A module of `bytes` bytes. All lines differ, and one of them exports the version. */
const large = (bytes: number, version: number): string => {
  let seed = 1;
  const lines: string[] = [];
  for (let size = 0; size < bytes; size += lines.at(-1)!.length + 1) {
    seed = (seed * 48271) % 2147483647;
    lines.push(`export const n${lines.length} = '${seed.toString(36)}${(seed * 7).toString(36)}';`);
  }
  lines[lines.length >> 1] = `export const version = ${version};`;
  return `${lines.join('\n')}\nimport.meta.hot.accept((module) => log.push('accepted ' + module.version));\n`;
};

inEachBrowser((suite) => {
  describe('the bytes of an update', () => {
    it('are less than 5 KB for one changed line in 600 KB, and the page stores the whole blob', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': large(600_000, 1) });
      await hot.page.evaluate(() => modcast!.idle());
      const received = () => hot.page.evaluate(() => modcast!.stats().bytes.received);
      const before = await received();
      expect(before).toBeGreaterThan(100_000);
      await hot.save({ 'a.mjs': large(600_000, 2) }, 'accepted 2');
      expect((await received()) - before).toBeLessThan(5000);
      expect(hot.server.relay.blobs.at(-1)!.base).toBeDefined();

      // The next visit runs the blob that the page assembled from the delta.
      await hot.load();
      await hot.page.evaluate(() => modcast!.idle());
      const { version } = (await hot.page.evaluate(() =>
        modcast!.import('a.mjs').then((a) => ({ version: (a as { version: number }).version })),
      )) as { version: number };
      expect(version).toBe(2);
      expect(await received()).toBeLessThan(5000);
    });

    it('are the whole blob when the page has lost the base of a delta', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': large(20_000, 1) });
      await hot.page.evaluate(() => modcast!.idle());
      hot.server.relay.tamper = (records) =>
        records.map((record) => (record.base === undefined ? record : { ...record, base: 'ab'.repeat(32) }));
      await hot.save({ 'a.mjs': large(20_000, 2) }, 'accepted 2');
      expect(hot.server.relay.blobs.at(-1)!.base).toBeUndefined();
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('a page that was disconnected', () => {
    it('gets the missed changes as an update when it reconnects', async () => {
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          `import './a.mjs';`,
          `import.meta.hot.on('vite:ws:disconnect', () => log.push('disconnected'));`,
          `import.meta.hot.on('vite:ws:connect', () => log.push('connected'));`,
        ),
        'a.mjs': module('a', 1, SELF),
      });
      await hot.page.evaluate(() => modcast!.idle());
      hot.server.sockets = 'refuse';
      hot.server.relay.cut();
      await hot.logged('disconnected');
      const deployed = new Promise<void>((resolve) => {
        const off = hot.server.registry.on('deploy', () => {
          off();
          resolve();
        });
      });
      await hot.directory.write({ 'a.mjs': module('a', 2, SELF) });
      await deployed;
      hot.server.sockets = 'pass';
      await hot.logged('accepted 2');
      expect(await hot.log()).toEqual(['a 1', 'main 1', 'disconnected', 'connected', 'a 2', 'accepted 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('does nothing after a restart of the server without changes, and applies changes after one with changes', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) });
      await hot.page.evaluate(() => modcast!.idle());
      await hot.restart();
      await hot.page.until(() => modcast!.stats().socket === 'open');
      await hot.page.evaluate(() => modcast!.idle());
      expect(await hot.log()).toEqual(['a 1', 'main 1']);
      await hot.restart({ 'a.mjs': module('a', 2, SELF) });
      await hot.logged('accepted 2');
      await hot.save({ 'a.mjs': module('a', 3, SELF) }, 'accepted 3');
      expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 2', 'accepted 2', 'a 3', 'accepted 3']);
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('an update', () => {
    it('is applied to a page that booted from its cache', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) }, { boot: 'cached' });
      await hot.page.evaluate(() => modcast!.idle());
      hot.server.sockets = 'hold';
      await hot.load();
      const deployed = new Promise<void>((resolve) => void hot.server.registry.on('deploy', () => resolve()));
      await hot.directory.write({ 'a.mjs': module('a', 2, SELF) });
      await deployed;
      hot.server.releaseSockets();
      await hot.logged('accepted 2');
      expect(await hot.survived()).toBe(true);
    });

    it('is applied to a page that booted over HTTP, once it is connected', async () => {
      const hot = await suite.open(
        { 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) },
        { timeout: 100 },
        undefined,
        'hold',
      );
      expect(await hot.page.evaluate(() => modcast!.stats().boot!.from)).toBe('http');
      hot.server.releaseSockets();
      await hot.page.until(() => modcast!.stats().socket === 'open');
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(await hot.survived()).toBe(true);
    });
  });
});
