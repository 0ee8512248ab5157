import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import { TemporarySite } from '../counted-site.js';
import { launchChromium } from '../engines/chromium.js';
import type { BrowserContext, BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { selectEngines } from '../engines/selection.js';
import { GatedSite, isLoader } from '../gated-site.js';
import { publish } from '../offline/published-site.js';

const SCRIPT = `const say = (name) => ({ data }) => void (said[name] = data);
const start = (name) => {
  const worker = new Worker('worker.mjs#' + name, { type: 'module' });
  worker.onmessage = say(name);
  workers.push(worker);
};
const startShared = (name) => {
  const worker = new SharedWorker('shared.mjs', { type: 'module', name });
  worker.port.onmessage = say(name);
  workers.push(worker);
};`;

/** A site at a version, whose classic scripts start workers in all ways. */
const files = (version: number) => ({
  'index.html': `<!doctype html><title>${version}</title><script>globalThis.said = {}; globalThis.workers = [];</script>
<script src="script.js"></script>
<script>
start('inline');
startShared('shared');
const context = new OfflineAudioContext(1, 128, 44100);
context.audioWorklet.addModule('audio.mjs').then(async () => {
  new AudioWorkletNode(context, 'version').connect(context.destination);
  said.audio = (await context.startRendering()).getChannelData(0)[0];
});
</script>
<script defer src="deferred.js"></script>
<body onload="start('handler')"><script type="module" src="main.mjs"></script>`,
  'script.js': SCRIPT,
  'deferred.js': `start('deferred');`,
  'main.mjs': `import { version } from './lib.mjs'; said.page = version;`,
  'lib.mjs': `export const version = ${version};`,
  'worker.mjs': `import { version } from './lib.mjs'; postMessage(version);`,
  'shared.mjs': `import { version } from './lib.mjs'; onconnect = ({ ports: [port] }) => port.postMessage(version);`,
  'audio.mjs': `import { version } from './lib.mjs';
registerProcessor('version', class extends AudioWorkletProcessor {
  process(_, [[samples]]) { samples.fill(version); return false; }
});`,
});

const whole = (version: number) =>
  Object.fromEntries(
    ['inline', 'shared', 'audio', 'deferred', 'handler', 'page'].map((name) => [name, version]),
  );

inEachEngine((engine) => {
  let browser: OpenBrowser;
  let context: BrowserContext;
  let directory: TemporarySite;
  let site: GatedSite;
  beforeAll(async () => void (browser = await engine.launch()));
  afterAll(() => browser.close());
  beforeEach(async () => {
    directory = await TemporarySite.create();
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await site.close();
    await directory.close();
  });

  const publishVersion = async (version: number) => {
    await directory.write(files(version));
    await publish(site, directory);
  };
  const said = (page: BrowserPage) =>
    page.until(() => {
      const { said } = globalThis as unknown as { said?: Record<string, number> };
      return Object.keys(said ?? {}).length === 6 && said;
    });

  describe('workers and worklets that classic scripts start', () => {
    it('run the deploy of their page, also before the loader has come', async () => {
      site = await GatedSite.open({ channel: 'production', serveHead: true, offline: false });
      await publishVersion(1);
      const page = await context.newPage();
      site.http = (target) => (isLoader(target) ? 'hold' : 'pass');
      const loaded = page.goto(site.url, 'load');
      await site.requested(isLoader);
      await publishVersion(2);
      site.releaseHttp();
      await loaded;
      expect(await said(page)).toEqual(whole(1));
    });

    it('are not those that a tab of another deploy has started', async () => {
      site = await GatedSite.open({ channel: 'production', serveHead: true });
      for (const version of [1, 2]) {
        await publishVersion(version);
        const page = await context.newPage();
        await page.goto(site.url, 'load');
        expect(await said(page)).toEqual(whole(version));
        await page.evaluate(() => modcast!.offline());
      }
    });

    it('run natively when the loader cannot be loaded', async () => {
      site = await GatedSite.open({ channel: 'production', serveHead: true, offline: false });
      await publishVersion(1);
      site.http = (target) => (target.startsWith('/-/') ? 'missing' : 'pass');
      const page = await context.newPage();
      await page.goto(site.url, 'load');
      expect(await said(page)).toEqual(whole(1));
      expect(site.requests.filter((target) => target.includes('modcast='))).toEqual([]);
    });
  });
});

describe.runIf(selectEngines().engines.some(({ name }) => name === 'Chromium'))('in Chromium', () => {
  it.each(['a classic script', 'a module'])(
    'a paint worklet of %s runs the deploy of its page',
    async (by) => {
      const site = await GatedSite.open({ channel: 'production', serveHead: true });
      const directory = await TemporarySite.create();
      const browser = await launchChromium();
      const page = await browser.newPage();
      const publishVersion = async (version: number) => {
        const attribute = by === 'a module' ? ' type="module"' : '';
        await directory.write({
          'index.html': `<!doctype html><script${attribute}>CSS.paintWorklet.addModule('/paint.mjs')</script>
<script type="module" src="main.mjs"></script>`,
          'main.mjs': '',
          'paint.mjs': `import { version } from './lib.mjs'; console.log('paint', version, import.meta.url);`,
          'lib.mjs': `export const version = ${version};`,
        });
        await publish(site, directory);
      };
      try {
        await publishVersion(1);
        const painted = new Promise<string>((resolve) => {
          page.on('console', (message) => message.text().startsWith('paint') && resolve(message.text()));
          page.on('pageerror', (error) => resolve(String(error)));
        });
        site.http = (target) => (isLoader(target) ? 'hold' : 'pass');
        const loaded = page.goto(site.url, { waitUntil: 'load' });
        await site.requested(isLoader);
        await publishVersion(2);
        site.releaseHttp();
        await loaded;
        expect(await painted).toBe(`paint 1 ${site.url}paint.mjs`);
      } finally {
        await page.close();
        await browser.close();
        await site.close();
        await directory.close();
      }
    },
  );
});
