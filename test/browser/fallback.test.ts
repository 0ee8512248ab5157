import { describe, expect, it } from 'vitest';
import { booted, each, importLater, once, STATIC_MODULES } from './counted-site.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { cutOnceReceived, isLoader } from './gated-site.js';
import {
  deploy,
  directory,
  eachOnItsOwnSite,
  FILES,
  files,
  fillCache,
  IMPATIENT,
  LATER,
  nameOf,
  nextDeploy,
  PATIENT,
  serve,
  site,
  visit,
} from './fallback-visits.js';

inEachEngine((engine) => {
  eachOnItsOwnSite(engine);

  describe('the socket opens in time', () => {
    it('runs the modules from the socket, without HTTP requests for modules', async () => {
      await serve();
      const page = await visit();
      expect(await booted(page)).toEqual({
        from: 'network',
        deploy: 1,
        counts: once(STATIC_MODULES),
        versions: each(['main', 'a', 'b', 'c'], 1),
      });
      expect((await importLater(page)).counts).toEqual(once(LATER));
      expect(site.moduleRequests).toEqual([]);
    });

    it('runs them from the cache at the next visit, without a blob over the socket', async () => {
      await serve();
      await fillCache();
      expect(await booted(await visit())).toMatchObject({
        from: 'cache',
        deploy: 1,
        counts: once(STATIC_MODULES),
      });
      await site.relay.seen((frame) => frame.kind === 'text' && frame.message.type === 'welcome');
      expect(site.relay.frames).toHaveLength(1);
      expect(site.moduleRequests).toEqual([]);
    });
  });

  describe.each(['hold', 'refuse'] as const)('the socket: %s', (gate) => {
    it('boots a whole cache without a network, and takes a new deploy for the next load', async () => {
      await serve(IMPATIENT);
      await fillCache();
      site.sockets = gate;
      const page = await visit();
      expect(await booted(page)).toMatchObject({ from: 'cache', deploy: 1, counts: once(STATIC_MODULES) });
      expect(
        site.requests.filter(
          (target) => !/^(?:HEAD )?\/(?:$|main\.mjs|-\/loader\.js|favicon\.ico)/.test(target),
        ),
      ).toEqual([]);
      expect(site.relay.frames).toEqual([]);
      await deploy(2);

      const { result } = await nextDeploy(page);
      site.releaseSockets();
      expect(await result).toEqual({ deploy: 2, running: 1 });
      const late = await importLater(page);
      expect(late).toEqual({
        counts: once(LATER),
        versions: each([...FILES.map(nameOf), 'later', 'deep'], 1),
      });

      expect(await booted(await visit())).toMatchObject({
        from: 'cache',
        deploy: 2,
        versions: each(FILES.map(nameOf), 2),
      });
    });

    it('asks over HTTP which deploy is the head, for a page whose author wrote the tag', async () => {
      await serve();
      await fillCache();
      site.sockets = gate;
      expect(await booted(await visit('impatient.html'))).toMatchObject({ from: 'cache', deploy: 1 });
      expect(site.requests).toContain('/-/channels/dev/manifest.json');
      expect(site.moduleRequests).toEqual([]);
      await deploy(2);
      expect(await booted(await visit('impatient.html'))).toMatchObject({
        from: 'http',
        deploy: 2,
        versions: each(FILES.map(nameOf), 2),
      });
      site.releaseSockets();
    });

    it('boots over HTTP if the cache is empty', async () => {
      await serve();
      site.sockets = gate;
      const page = await visit('impatient.html');
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1, counts: once(STATIC_MODULES) });
      expect(site.requests).toContain('/-/channels/dev/manifest.json');
      expect(
        site.moduleRequests.map((target) => target.replace(/^\/-\/modules\/[\da-f]{64}/, '')).toSorted(),
      ).toEqual(FILES.toSorted());
      expect(site.moduleRequests.every((target) => target.startsWith('/-/modules/'))).toBe(true);

      site.releaseSockets();
      await page.until(() => modcast!.stats().socket === 'open');
      await page.evaluate(() => modcast!.idle());
      expect((await importLater(page)).counts).toEqual(once(LATER));
      expect(await booted(await visit())).toMatchObject({ from: 'cache', deploy: 1 });
    });
  });

  describe('a socket that opens late', () => {
    it('changes nothing for a page that is fetching its manifest over HTTP', async () => {
      await serve();
      site.sockets = 'hold';
      site.http = (target) => (target.endsWith('manifest.json') ? 'hold' : 'pass');
      const page = await visit('impatient.html');
      await site.requested((target) => target.endsWith('manifest.json'));
      site.releaseSockets();
      await page.until(() => modcast!.stats().bytes.received > 500);
      site.releaseHttp();
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1, counts: once(STATIC_MODULES) });
      expect((await importLater(page)).counts).toEqual(once(LATER));
    });

    it('changes nothing for a page that is loading its modules over HTTP', async () => {
      await serve();
      site.sockets = 'hold';
      site.http = (target) => (target.startsWith('/-/modules/') ? 'hold' : 'pass');
      const page = await visit('impatient.html');
      await site.requested((target) => target.startsWith('/-/modules/'));
      await deploy(2);
      site.releaseSockets();
      await page.until(() => modcast!.stats().bytes.received > 500);
      site.releaseHttp();
      expect(await booted(page)).toMatchObject({
        from: 'http',
        deploy: 1,
        counts: once(STATIC_MODULES),
        versions: each(FILES.map(nameOf), 1),
      });
      expect(await importLater(page)).toEqual({
        counts: once(LATER),
        versions: each([...FILES.map(nameOf), 'later', 'deep'], 1),
      });
    });
  });

  describe('a socket that is cut in the middle of a pack', () => {
    it('loads all modules over HTTP if none has arrived', async () => {
      await serve();
      site.relay.judge = (frame) => (frame.kind === 'segment' ? 'cut' : 'pass');
      const page = await visit();
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1, counts: once(STATIC_MODULES) });
      expect(site.moduleRequests).toHaveLength(FILES.length);
    });

    it('loads the rest over HTTP, and the pack again for the next visit', async () => {
      // Longer than a segment, so that it has its own segment, which arrives last.
      await directory.write({
        'main.mjs': `${files(1)['main.mjs']}/*${'x'.repeat(200_000)}*/`,
      });
      await serve();
      let segments = 0;
      site.relay.judge = (frame) => (frame.kind === 'segment' && ++segments === 2 ? 'drop' : 'pass');
      const page = await visit();
      await site.relay.seen((frame) => frame.kind === 'segment' && frame.records.length === 1);
      // The next socket could bring the rest sooner.
      site.sockets = 'hold';
      await cutOnceReceived(site, page);
      expect(await booted(page)).toMatchObject({ from: 'network', deploy: 1, counts: once(STATIC_MODULES) });
      expect(site.moduleRequests.length).toBeGreaterThan(0);
      expect(site.moduleRequests.length).toBeLessThan(FILES.length);
      site.releaseSockets();
      await page.until(() => modcast!.stats().socket === 'open');
      await page.evaluate(() => modcast!.idle());
      site.clear();
      expect(await booted(await visit())).toMatchObject({ from: 'cache', deploy: 1 });
      expect(site.relay.blobs).toEqual([]);
    });

    it('never stores a deploy with missing blobs, even after several cuts', async () => {
      await serve();
      site.relay.judge = (frame) => (frame.kind === 'segment' ? 'cut' : 'pass');
      const page = await visit();
      await booted(page);
      await site.relay.seen(() => site.relay.opened.length === 3);
      // The third socket must be cut too, so the page goes first.
      await page.goto('about:blank');
      await site.relay.emptied();
      site.relay.judge = () => 'pass';
      site.clear();
      expect(await booted(await visit())).toMatchObject({ from: 'network', counts: once(STATIC_MODULES) });
      expect(site.relay.opened[0]).not.toContain('have=');
    });
  });

  describe('no registry behind the loader', () => {
    it.each(['missing', 'refuse'] as const)('runs the page natively: %s', async (gate) => {
      await serve();
      site.sockets = 'refuse';
      site.http = (target) => (target.startsWith('/-/') && !isLoader(target) ? gate : 'pass');
      const page = await visit();
      expect(await booted(page)).toMatchObject({
        from: 'native',
        deploy: null,
        counts: once(STATIC_MODULES),
      });
      expect((await importLater(page)).counts).toEqual(once(LATER));
      // Chromium requests the entry before the guard holds it, and again when it runs.
      const again = engine.name === 'Chromium' ? ['/main.mjs'] : [];
      expect(site.nativeRequests.toSorted()).toEqual(
        [...FILES, ...again, '/lazy/deep.mjs', '/lazy/later.mjs'].toSorted(),
      );
    });

    it('runs the page natively where it does not answer, and tells the application', async () => {
      await serve(IMPATIENT);
      site.sockets = 'refuse';
      site.http = (target) => (target.startsWith('/-/') && !isLoader(target) ? 'hold' : 'pass');
      const page = await visit();
      expect(await booted(page)).toMatchObject({
        from: 'native',
        deploy: null,
        counts: once(STATIC_MODULES),
      });
      // The driver of Firefox loses some lines of its console.
      if (engine.name !== 'Firefox') {
        await page.line('did not respond in time');
        expect(page.lines.filter((line) => line.includes('did not respond in time'))).toHaveLength(1);
      }
      expect(await page.evaluate(() => modcast!.import('unlisted.mjs'))).toBeDefined();
      // The boot that was given up runs nothing more.
      site.releaseHttp();
      expect((await importLater(page)).counts).toEqual(once([...LATER, 'unlisted']));
    });

    it('runs a page whose socket sends a welcome and nothing else', async () => {
      await serve();
      site.relay.judge = () => 'drop';
      site.http = (target) => (target.endsWith('manifest.json') ? 'missing' : 'pass');
      expect(await booted(await visit('mute.html'))).toMatchObject({
        from: 'native',
        counts: once(STATIC_MODULES),
      });
    });
  });

  describe('a socket that opens and says nothing', () => {
    it('does not delay a page whose deploy is in the cache', async () => {
      await serve(IMPATIENT);
      await fillCache();
      site.relay.judge = () => 'drop';
      // Were the socket waited for, the test would end before the wait does.
      const html = (await site.page()).replace('data-boot', 'data-stall="600000" data-boot');
      site.kept.set('/', html);
      expect(await booted(await visit())).toMatchObject({
        from: 'cache',
        deploy: 1,
        counts: once(STATIC_MODULES),
      });
    });
  });

  describe('boot: "cached"', () => {
    it('runs the cached deploy of its HTML although there is a newer one, which the next load runs', async () => {
      await serve({ ...PATIENT, boot: 'cached' });
      await fillCache();
      site.kept.set('/', await site.page());
      await deploy(2);
      site.sockets = 'hold';
      const page = await visit();
      site.kept.clear();
      expect(await booted(page)).toMatchObject({ from: 'cache', deploy: 1, counts: once(STATIC_MODULES) });
      const { result } = await nextDeploy(page);
      site.releaseSockets();
      expect(await result).toEqual({ deploy: 2, running: 1 });
      expect(await booted(await visit())).toMatchObject({
        from: 'cache',
        deploy: 2,
        versions: each(FILES.map(nameOf), 2),
      });
    });

    it('waits for the socket if the cache is empty', async () => {
      await serve({ ...PATIENT, boot: 'cached' });
      expect(await booted(await visit())).toMatchObject({ from: 'network', counts: once(STATIC_MODULES) });
    });
  });

  describe('a deploy while pages are open', () => {
    it('does not change the deploy of an open page', async () => {
      await serve();
      const first = await visit();
      await booted(first);
      await first.evaluate(() => modcast!.idle());
      const { result } = await nextDeploy(first);
      await deploy(2);
      expect(await result).toEqual({ deploy: 2, running: 1 });

      const second = await visit();
      expect(await booted(second)).toMatchObject({ deploy: 2, versions: each(FILES.map(nameOf), 2) });
      // No page of the site imports it, so neither tab has it yet.
      await first.evaluate(() => modcast!.import('unlisted.mjs'));
      await second.evaluate(() => modcast!.import('unlisted.mjs'));
      expect((await importLater(first)).versions).toEqual(
        each([...LATER.filter((name) => name !== 'inline'), 'unlisted'], 1),
      );
      expect((await importLater(second)).versions).toEqual(
        each([...LATER.filter((name) => name !== 'inline'), 'unlisted'], 2),
      );
      expect((await importLater(first)).counts).toEqual(once([...LATER, 'unlisted']));
      // An engine with one import map has no rule for a module that no page of the site imports.
      const unlisted = expect.stringMatching(/^\/-\/modules\/[\da-f]{64}\/unlisted\.mjs$/);
      expect(site.moduleRequests).toEqual(engine.capabilities.mergesImportMaps ? [] : [unlisted, unlisted]);
      await visit('', first);
      expect(await booted(first)).toMatchObject({ deploy: 2, from: 'cache' });
    });

    it('is reported once, even if blobs are requested later', async () => {
      await serve();
      const page = await visit();
      await booted(page);
      await page.evaluate(() => modcast!.idle());
      await page.evaluate(() => {
        const heard: number[] = ((globalThis as Record<string, unknown>)['heard'] = []);
        modcast!.on('deploy', ({ deploy }) => heard.push(deploy));
      });
      const { result } = await nextDeploy(page);
      await deploy(2);
      await result;
      await page.evaluate(() => modcast!.import('unlisted.mjs'));
      await page.evaluate(() => modcast!.idle());
      expect(await page.evaluate(() => (globalThis as unknown as { heard: number[] }).heard)).toEqual([2]);
    });
  });
});
