import { describe, expect, it } from 'vitest';
import { html, module, type HotPage } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const MAIN = module('main', 1, `import './a.mjs';`);
const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const FILES = { 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) };

/** Waits for the next deploy of the registry. */
const deployed = (hot: HotPage) =>
  new Promise<void>((resolve) => {
    const off = hot.server.registry.on('deploy', () => {
      off();
      resolve();
    });
  });

inEachBrowser((suite) => {
  describe('a page that was disconnected', () => {
    it('reloads when its HTML has changed', async () => {
      const hot = await suite.open(FILES);
      await hot.page.evaluate(() => modcast!.idle());
      hot.server.sockets = 'refuse';
      hot.server.relay.cut();
      const next = deployed(hot);
      await hot.directory.write({
        'index.html': html('<p id="new"></p><script type="module" src="main.mjs"></script>'),
      });
      await next;
      hot.server.sockets = 'pass';
      await hot.reloaded();
      expect(await hot.page.evaluate(() => document.querySelector('#new') !== null)).toBe(true);
    });

    it('reloads when an asset changed while the server was down, but not without a change', async () => {
      const hot = await suite.open({ ...FILES, 'image.svg': '<svg/>' });
      await hot.page.evaluate(() => modcast!.idle());
      await hot.restart();
      await hot.save({ 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      expect(await hot.survived()).toBe(true);
      await hot.restart({ 'image.svg': '<svg width="1"/>' });
      await hot.reloaded();
    });

    it('gets a style sheet over the socket, also when it could not be requested', async () => {
      const style = (width: number) => `#text { width: ${width}px }`;
      const hot = await suite.open({
        ...FILES,
        'index.html': html(
          '<link rel="stylesheet" href="style.css"><p id="text"></p><script type="module" src="main.mjs"></script>',
        ),
        'style.css': style(100),
      });
      await hot.page.evaluate(() => modcast!.idle());
      hot.server.http = (target) => (target.startsWith('/style.css') ? 'refuse' : 'pass');
      hot.server.sockets = 'hold';
      hot.server.relay.cut();
      await hot.page.until(() => modcast!.stats().socket !== 'open');
      await hot.directory.write({ 'style.css': style(200) });
      hot.server.releaseSockets();
      await hot.page.until(() => document.querySelector('#text')!.getBoundingClientRect().width === 200);
      expect(await hot.survived()).toBe(true);
    });

    it('reloads when the server is back, if it could not load its first modules', async () => {
      const hot = await suite.open(
        { 'main.mjs': module('main', 1, `import './plain/part.mjs';`), 'plain/part.mjs': module('part', 1) },
        { exclude: ['plain/**'] },
      );
      hot.server.http = (target) => (target === '/plain/part.mjs' ? 'refuse' : 'pass');
      await hot.load();
      await hot.page.evaluate(() => modcast!.idle());
      expect(await hot.log()).toEqual([]);
      hot.server.releaseHttp();
      hot.server.relay.cut();
      await hot.logged('main 1');
    });
  });

  describe('modcast.prefetch()', () => {
    it('fetches the newest versions', async () => {
      const hot = await suite.open(FILES);
      await hot.save({ 'later.mjs': module('later', 7), 'a.mjs': module('a', 2, SELF) }, 'accepted 2');
      await hot.page.evaluate(async () => {
        await modcast!.idle();
        await modcast!.prefetch(['later.mjs']);
      });
      hot.server.http = () => 'refuse';
      hot.server.sockets = 'refuse';
      hot.server.relay.cut();
      expect(
        await hot.page.evaluate(() =>
          modcast!.import('later.mjs').then((m) => (m as { version: number }).version),
        ),
      ).toBe(7);
    });
  });
});
