import { afterAll, afterEach, beforeAll, it } from 'vitest';
import { TemporarySite } from '../counted-site.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { GatedSite } from '../gated-site.js';
import { publish } from '../offline/published-site.js';
import { faultFiles } from './fault-files.js';

inEachEngine((engine) => {
  let browser: OpenBrowser;
  let page: BrowserPage;
  let directory: TemporarySite;
  let site: GatedSite;
  beforeAll(async () => void (browser = await engine.launch()));
  afterAll(() => browser.close());
  afterEach(async () => {
    await page.close();
    await site.close();
    await directory.close();
  });

  const shown = (text: string) => page.until((expected) => document.body.textContent === expected, text);

  it('worker-url-two-instances: a worker at modcast.url() has one instance of each module', async () => {
    directory = await TemporarySite.create(faultFiles('worker-url-two-instances'));
    site = await GatedSite.open({ directory: directory.directory });
    page = await browser.newPage();
    await page.goto(site.url);
    await shown('piece sees 1');
  });

  it.each([true, false])(
    'worker-mixed-deploy: a page and its worker run one deploy, with offline %s',
    async (offline) => {
      directory = await TemporarySite.create(faultFiles('worker-mixed-deploy'));
      site = await GatedSite.open({ channel: 'production', serveHead: true, offline });
      await publish(site, directory);
      page = await browser.newPage();
      await page.goto(site.url);
      await shown('page 1 worker 1');
      await directory.write({ 'version.js': 'export const version = 2;' });
      await publish(site, directory);
      await page.goto(site.url);
      await shown('page 2 worker 2');
    },
  );
});
