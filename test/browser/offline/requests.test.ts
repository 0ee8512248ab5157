import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import { type ChromiumBrowser, launchChromium } from '../engines/chromium.js';
import { ProxiedSite } from './proxied-site.js';
import { stopServiceWorkers } from './stop-service-workers.js';

const BYTES = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);

const site1 = (version: number, sum = '') => ({
  'index.html': `<!doctype html><title>${version}</title><script type="module" src="main.mjs"></script>`,
  'latin.html': '<!doctype html><meta charset="iso-8859-1"><title>latin</title>',
  'main.mjs': `globalThis.ran = ${version};`,
  'note.txt': `note ${version}`,
  'a b.txt': 'space',
  'é.txt': 'accent',
  'data.json': '{}',
  'page.md': '# md',
  'bytes.bin': BYTES,
  'script.js': `globalThis.script = ${version};${sum}`,
});

let browser: ChromiumBrowser;
let context: BrowserContext;
let page: Page;
let site: ProxiedSite;
beforeAll(async () => void (browser = await launchChromium()));
afterAll(() => browser.close());
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  site = await ProxiedSite.open(site1(1));
});
afterEach(async () => {
  await context.close();
  await site.close();
});

const visit = async (name = '') => {
  await page.goto(site.url + name, { waitUntil: 'load' });
  await page.waitForFunction(() => (globalThis as { ran?: number }).ran !== undefined);
};
const keep = async () => {
  await visit();
  await page.evaluate(async () => void (await modcast!.offline()));
  await visit();
};
const route = (url: string, answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  const before = site.first;
  site.first = (request, response) => {
    if (request.url !== url) return before(request, response);
    answer(request, response);
    return true;
  };
};

/** Runs the same function before there is a service worker, and with one. Both have to see the same. */
async function same(run: () => unknown): Promise<void> {
  await visit();
  await page.evaluate(async () => void (await modcast!.offline()));
  const natively = await browser.newContext({ serviceWorkers: 'block' });
  const other = await natively.newPage();
  await other.goto(site.url, { waitUntil: 'load' });
  const expected = await other.evaluate(run);
  await natively.close();
  await visit();
  expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  expect(await page.evaluate(run)).toEqual(expected);
  // Again, from the storage.
  expect(await page.evaluate(run)).toEqual(expected);
}

describe('a page sees the same as without the service worker in', () => {
  const cases: Record<string, () => unknown> = {
    'headers of a text file': async () =>
      Object.fromEntries(
        [...(await fetch('note.txt')).headers].filter(
          ([name]) => !/^(?:date|connection|keep-alive|vary|last-modified)$/.test(name),
        ),
      ),
    'types of files': () =>
      Promise.all(
        ['note.txt', 'data.json', 'page.md', 'bytes.bin', 'script.js', 'main.mjs'].map(async (name) => [
          name,
          (await fetch(name)).headers.get('Content-Type'),
        ]),
      ),
    'names with spaces and accents': () =>
      Promise.all(
        [
          'a%20b.txt',
          '%C3%A9.txt',
          'é.txt',
          'NOTE.txt',
          'note.txt/',
          './/note.txt',
          'no%74e.txt',
          'note.txt%00',
          '..%2fnote.txt',
        ].map(async (name) => {
          try {
            const r = await fetch(name);
            return [name, r.status, r.ok ? await r.text() : '', r.redirected];
          } catch (e) {
            return [name, String(e)];
          }
        }),
      ),
    ranges: () =>
      Promise.all(
        [
          'bytes=0-9',
          'bytes=-10',
          'bytes=990-',
          'bytes=0-0',
          'bytes=0-1,5-6',
          'bytes=9-5',
          'bytes=-0',
          'items=0-1',
          'bytes=0-99999',
        ].map(async (Range) => {
          const r = await fetch('bytes.bin', { headers: { Range } });
          return [
            Range,
            r.status,
            r.headers.get('Content-Range'),
            r.headers.get('Content-Length'),
            (await r.arrayBuffer()).byteLength,
          ];
        }),
      ),
    'a range with If-Range': async () => {
      const r = await fetch('bytes.bin', { headers: { Range: 'bytes=0-9', 'If-Range': '"other"' } });
      return [r.status, (await r.arrayBuffer()).byteLength];
    },
    'a conditional request': async () => {
      const tag = (await fetch('note.txt', { cache: 'no-store' })).headers.get('ETag')!;
      const r = await fetch('note.txt', { cache: 'no-store', headers: { 'If-None-Match': tag } });
      return r.status;
    },
    'properties of a response': async () => {
      const r = await fetch('note.txt?q=1#f');
      return [r.url, r.type, r.redirected, r.status, r.statusText];
    },
    'no-cors': async () => {
      const r = await fetch('note.txt', { mode: 'no-cors' });
      return [r.type, r.status];
    },
    'integrity that fails': () =>
      fetch('note.txt', { integrity: 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' }).then(
        () => 'ok',
        (e: Error) => e.name,
      ),
    'a 404': async () => {
      const r = await fetch('none.txt');
      return [r.status, await r.text()];
    },
    HEAD: async () => {
      const r = await fetch('note.txt', { method: 'HEAD' });
      return [r.status, r.headers.get('Content-Length')];
    },
    'an aborted request': async () => {
      const c = new AbortController();
      c.abort();
      return fetch('note.txt', { signal: c.signal }).then(
        () => 'ok',
        (e: Error) => e.name,
      );
    },
    'redirect: error on a redirect': () =>
      fetch('note.txt', { redirect: 'error' }).then(
        (r) => r.status,
        (e: Error) => e.name,
      ),
    XHR: () =>
      new Promise((resolve) => {
        const x = new XMLHttpRequest();
        const seen: unknown[] = [];
        x.open('GET', 'bytes.bin');
        x.responseType = 'arraybuffer';
        x.onprogress = ({ lengthComputable, total }) => seen.push([lengthComputable, total]);
        x.onload = () =>
          resolve([
            x.status,
            (x.response as ArrayBuffer).byteLength,
            x.responseURL,
            seen.length > 0 && seen.at(-1),
          ]);
        x.send();
      }),
    'a synchronous XHR': () => {
      const x = new XMLHttpRequest();
      x.open('GET', 'note.txt', false);
      x.send();
      return [x.status, x.responseText];
    },
  };
  for (const [name, run] of Object.entries(cases)) it(name, () => same(run));
});

it('a stream of events arrives as it is sent', async () => {
  const clients: ServerResponse[] = [];
  route('/events', (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: one\n\n');
    clients.push(response);
  });
  await keep();
  await page.evaluate(() => {
    const source = new EventSource('/events');
    const said: string[] = [];
    source.onmessage = ({ data }) => said.push(data as string);
    Object.assign(globalThis, { source, said });
  });
  const says = (text: string) =>
    page.waitForFunction((one) => (globalThis as unknown as { said: string[] }).said.includes(one), text);
  await says('one');
  clients[0]!.write('data: two\n\n');
  await says('two');
  const closed = new Promise((resolve) => void clients[0]!.once('close', () => resolve('closed')));
  await page.evaluate(() => (globalThis as unknown as { source: EventSource }).source.close());
  expect(await closed).toBe('closed');
});

it('a page after a POST and a redirect has the files of its own deploy', async () => {
  route('/save', (_, response) => void response.writeHead(303, { Location: '/' }).end());
  await keep();
  await page.evaluate(() => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = '/save';
    document.body.append(form);
    form.submit();
  });
  await page.waitForURL(site.url);
  await page.waitForFunction(() => (globalThis as { ran?: number }).ran !== undefined);
  await site.publish(site1(2));
  expect(await page.evaluate(async () => [document.title, await (await fetch('note.txt')).text()])).toEqual([
    '1',
    'note 1',
  ]);
});

it('a download keeps its name and bytes', async () => {
  await keep();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.evaluate(() => {
      const a = document.createElement('a');
      a.href = 'bytes.bin';
      a.download = 'named.bin';
      a.click();
    }),
  ]);
  expect(download.suggestedFilename()).toBe('named.bin');
});

it('a tab has its own files when the service worker has been stopped', async () => {
  await keep();
  await site.publish(site1(2));
  await stopServiceWorkers(context, page);
  expect(await page.evaluate(async () => (await fetch('note.txt')).text())).toBe('note 1');
});

it('damaged rows of both databases are not used', async () => {
  await keep();
  await page.evaluate(async () => void (await modcast!.offline({ all: true })));
  await page.evaluate(async () => {
    for (const [name, stores] of [
      ['modcast offline /', ['responses', 'files', 'tabs']],
      ['modcast', ['deploys', 'segments']],
    ] as const) {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const r = indexedDB.open(name);
        r.onsuccess = () => resolve(r.result);
      });
      for (const store of stores) {
        const transaction = database.transaction(store, 'readwrite');
        const cursor = transaction.objectStore(store).openCursor();
        cursor.onsuccess = () => {
          const c = cursor.result;
          if (c) {
            c.update({ ...c.value, body: new Uint8Array([65, 66]), manifest: 7, headers: 5 });
            c.continue();
          }
        };
        await new Promise((resolve) => (transaction.oncomplete = resolve));
      }
      database.close();
    }
  });
  await stopServiceWorkers(context, page);
  await visit();
  expect(
    await page.evaluate(async () => [
      (globalThis as { ran?: number }).ran,
      await (await fetch('note.txt')).text(),
    ]),
  ).toEqual([1, 'note 1']);
  await stopServiceWorkers(context, page);
  await visit();
});
