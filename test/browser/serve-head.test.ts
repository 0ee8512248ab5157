import { afterAll, beforeAll, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { DEFAULT_FILTER } from '../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../registry/publish/index.js';
import { open, site, type Files } from '../unit/registry/site.js';
import { type ChromiumBrowser, launchChromium } from './engines/chromium.js';

let browser: ChromiumBrowser;
beforeAll(async () => void (browser = await launchChromium()));
afterAll(() => browser.close());

const filesOf = (version: number): Files => ({
  'index.html': `<!doctype html><title>${version}</title><script type="module" src="main.mjs"></script>`,
  'main.mjs':
    'import { version } from "./lib/a.mjs";\n' +
    'const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });\n' +
    'worker.onmessage = ({ data }) => (globalThis.said = `${version} ${data}`);\n',
  'worker.mjs': 'import { version } from "./lib/a.mjs"; postMessage(version);',
  'lib/a.mjs': `export const version = ${version};`,
});

it('a site without a directory boots from the newest deploy, and from the next one after a reload', async () => {
  const registry = open({ channel: 'production', boot: 'fresh', serveHead: true });
  const { url } = await registry.listen();
  const store = await registry.store();
  const put = async (version: number) => {
    const content = await readSite(await site(filesOf(version)), DEFAULT_FILTER);
    const target = new PublishService({ store, now: Date.now });
    await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });
  };
  const page = await browser.newPage();
  const seen = async () => {
    await page.goto(url);
    const { deploy } = await page.evaluate(() => modcast!.ready);
    const said = await page.waitForFunction(() => (globalThis as { said?: string }).said);
    return { deploy, title: await page.title(), said: await said.jsonValue() };
  };
  await put(1);
  expect(await seen()).toEqual({ deploy: 1, title: '1', said: '1 1' });
  const isReleased = new Promise((resolve) => registry.on('published', resolve));
  await put(2);
  await isReleased;
  expect(await seen()).toEqual({ deploy: 2, title: '2', said: '2 2' });
  await page.close();
});
