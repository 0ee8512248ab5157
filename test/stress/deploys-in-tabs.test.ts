import { afterAll, beforeAll, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { TemporarySite } from '../browser/counted-site.js';
import type { BrowserPage, OpenBrowser } from '../browser/engines/engine.js';
import { inEachEngine } from '../browser/engines/in-each-engine.js';
import { FUSE } from '../browser/fused-mode.js';
import { GatedSite } from '../browser/gated-site.js';
import { files, publish } from '../browser/offline/published-site.js';
import { Random } from './chaos/random.js';

/** Number of steps. A long run sets `STRESS_STEPS=200`, another one `STRESS_SEED`, and one with runs `FUSE=1`. */
const STEPS = Number(process.env['STRESS_STEPS'] ?? 12);
const SEED = Number(process.env['STRESS_SEED'] ?? 3);

/** A service worker of the site's own, which passes everything on. */
const OWN = `self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
self.addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));`;

const REGISTERS = `await navigator.serviceWorker.register('sw.js'); await navigator.serviceWorker.ready;\n`;

const STEP_KINDS = ['publish', 'roll back', 'visit', 'reload', 'look', 'look'] as const;

/** The versions of all that a page and a new worker of it find. Called in the page. */
async function look(): Promise<Record<string, string>> {
  const { said } = globalThis as unknown as { said: Record<string, unknown> };
  const worker = new Worker('worker.mjs', { type: 'module' });
  Object.assign(globalThis, { looking: worker });
  const later = await new Promise<Record<string, unknown>>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Record<string, unknown>>) => resolve(data);
    worker.onerror = ({ message }) => resolve({ worker: message });
  });
  worker.terminate();
  const note = await (await fetch('note.txt')).text();
  const named = await (await fetch(modcast!.url('note.txt'))).text();
  const style = await (await fetch('style.css')).text();
  const found = {
    title: said['title'],
    page: said['page'],
    'first worker': said['worker'],
    'first piece': said['piece'],
    worker: later['worker'],
    piece: later['piece'],
    'note in the worker': later['note'],
    note,
    style,
    'note at modcast.url()': named,
  };
  return Object.fromEntries(
    Object.entries(found).map(([key, value]) => [key, /\d+/.exec(String(value))?.[0] ?? String(value)]),
  );
}

/** Without a service worker of modcast, what a page requests that is neither HTML nor a module is the newest. */
const ASSETS = new Set(['note', 'style']);

inEachEngine(
  (engine) => {
    let browser: OpenBrowser;
    beforeAll(async () => void (browser = await engine.launch()));
    afterAll(() => browser.close());

    it.each(['with the service worker', 'without it', 'with one of the site'] as const)(
      'every module, page and asset of a tab belongs to one deploy, %s',
      { timeout: 1_800_000 },
      async (mode) => {
        const random = new Random(SEED);
        const directory = await TemporarySite.create({});
        const site = await GatedSite.open({
          channel: 'production',
          serveHead: true,
          offline: mode !== 'without it',
        });
        const context = await browser.newContext();
        const tabs: BrowserPage[] = [await context.newPage(), await context.newPage()];
        const versions = new Map<BrowserPage, string>();
        const wrong: unknown[] = [];
        const sources = new Map<string, number>();
        let newest = 0;
        const publishVersion = async (version: number): Promise<void> => {
          const own = { 'sw.js': OWN, 'main.mjs': REGISTERS + String(files(version)['main.mjs']) };
          await directory.write({ ...files(version), ...(mode === 'with one of the site' ? own : {}) });
          await publish(site, directory);
          // Pages of a deploy that is still being joined start in another way.
          if (FUSE && random.below(3) > 0) await site.registry.fused();
        };
        const visit = async (tab: BrowserPage): Promise<void> => {
          await tab.goto(site.url, 'load');
          const said = await tab.until(() => (globalThis as { said?: { title: string } }).said);
          versions.set(tab, said.title);
          // A page may start without the loader, which comes later.
          await tab.until(() => globalThis.modcast);
          const { from } = await tab.evaluate(() => modcast!.ready);
          sources.set(from, (sources.get(from) ?? 0) + 1);
          if (mode === 'with the service worker') await tab.evaluate(() => modcast!.offline());
        };
        try {
          await publishVersion(++newest);
          for (const tab of tabs) await visit(tab);
          for (let step = 0; step < STEPS; step++) {
            const tab = tabs[random.below(tabs.length)]!;
            const kind = STEP_KINDS[random.below(STEP_KINDS.length)]!;
            if (kind === 'publish') await publishVersion(++newest);
            else if (kind === 'roll back') await publishVersion(1 + random.below(newest));
            else if (kind === 'visit' || kind === 'reload') await visit(tab);
            else {
              const found = await tab.evaluate(look);
              for (const [what, version] of Object.entries(found)) {
                const counts = mode === 'with the service worker' || !ASSETS.has(what);
                if (counts && version !== versions.get(tab))
                  wrong.push({ step, what, version, tab: versions.get(tab) });
              }
            }
          }
          console.log(mode, Object.fromEntries(sources));
          expect(wrong, `STRESS_SEED=${SEED} STRESS_STEPS=${STEPS}`).toEqual([]);
        } finally {
          await context.close();
          await site.close();
          await directory.close();
        }
      },
    );
  },
  ['Firefox', 'WebKit'],
);
