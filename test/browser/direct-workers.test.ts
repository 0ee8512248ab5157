import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DirectSite } from './direct-site.js';
import type { BrowserPage, OpenBrowser } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { GatedSite } from './gated-site.js';

/** A page whose worker imports a tree with a cycle, JSON, and a module that awaits. Each module tells its run. */
const files = (version: number): Record<string, string> => ({
  'index.html': `<!doctype html><title>${version}</title><script type="module" src="app/main.mjs"></script>`,
  'app/main.mjs': `import { shared } from '../lib/shared.mjs';
globalThis.start = (kind = 'Worker', name = '../jobs/worker.mjs') => new Promise((resolve) => {
  const worker = kind === 'Worker' && name === '../jobs/worker.mjs'
    ? new Worker(new URL('../jobs/worker.mjs', import.meta.url), { type: 'module' })
    : new globalThis[kind](new URL(name, import.meta.url), { type: 'module' });
  const port = worker.port ?? worker;
  port.onmessage = ({ data }) => resolve({ ...data, page: shared });
  worker.onerror = ({ message, filename, lineno, colno }) => resolve({ error: [message, filename, lineno, colno] });
  globalThis.worker = worker;
});
globalThis.started = true;`,
  'lib/shared.mjs': `export const shared = ${version};`,
  'jobs/first.mjs': `globalThis.runs = []; globalThis.ran = (name) => runs.push(name); ran('first');`,
  'jobs/worker.mjs': `import './first.mjs';
import { b, hash } from './b.mjs';
import { shared } from '../lib/shared.mjs';
import './cycle-1.mjs';
import data from './data.json' with { type: 'json' };
ran('worker');
const again = async () => {
  const names = ['a', 'b', 'cycle-1', 'cycle-2'];
  const spaces = await Promise.all(names.map((name) => import(new URL(\`\${name}.mjs\`, import.meta.url))));
  const json = await import(new URL('data.json', import.meta.url), { with: { type: 'json' } });
  return [spaces[1].b === b, json.default === data, (await import('./b.mjs?other')).b === b];
};
const ask = async () => {
  const reply = {
    same: await again(), runs, shared, hash, data,
    url: import.meta.url, resolved: import.meta.resolve('./x.txt'),
    place: [location.href, location.search, String(location)],
    piece: (await import(\`./pieces/\${'piece'}.mjs\`)).piece,
  };
  (globalThis.replyTo ?? self).postMessage(reply);
};
self.onconnect = ({ ports }) => { globalThis.replyTo = ports[0]; void ask(); };
self.onmessage = ({ data }) => { if (data === 'fail') b.fail(); };
if (globalThis.DedicatedWorkerGlobalScope !== undefined) void ask();`,
  'jobs/a.mjs': `ran('a'); export const a = { fail() {
  throw new Error('failed on purpose');
} };`,
  'jobs/b.mjs': `import { a } from './a.mjs';
ran('b');
export const b = { fail: a.fail };
export const hash = import.meta.url;`,
  'jobs/cycle-1.mjs': `import { two } from './cycle-2.mjs'; ran('cycle-1 ' + two()); export const one = 1;`,
  'jobs/cycle-2.mjs': `import { one } from './cycle-1.mjs'; ran('cycle-2'); export function two() { return 2; }`,
  'jobs/data.json': JSON.stringify({ version }),
  'jobs/pieces/piece.mjs': `import { b } from '../b.mjs'; ran('piece'); export const piece = ${version};`,
  'jobs/nested.mjs': `import './first.mjs'; import { b } from './b.mjs'; postMessage({ runs, b: typeof b, at: import.meta.url });`,
  'jobs/outer.mjs': `import './first.mjs';
new Worker(new URL('nested.mjs', import.meta.url), { type: 'module' }).onmessage = ({ data }) => postMessage(data);`,
});

interface Reply {
  readonly same: readonly boolean[];
  readonly runs: readonly string[];
  readonly shared: number;
  readonly page: number;
  readonly piece: number;
  readonly data: unknown;
  readonly error: readonly unknown[];
  readonly url: string;
}

interface Globals {
  readonly started: unknown;
  readonly worker: Worker;
  readonly start: (kind?: string, name?: string) => Promise<Reply>;
}

const RUNS = ['first', 'a', 'b', 'cycle-2', 'cycle-1 2', 'worker'];

inEachEngine((engine) => {
  let browser: OpenBrowser;
  let page: BrowserPage;
  let direct: DirectSite;
  let site: GatedSite;
  beforeAll(async () => void (browser = await engine.launch()));
  afterAll(() => browser.close());
  beforeEach(async () => {
    direct = await DirectSite.open(browser, files);
    ({ page, site } = direct);
  });
  afterEach(async () => {
    await direct.close();
  });

  const visit = async () => {
    await page.goto(site.url, 'load');
    await page.until(() => (globalThis as unknown as Globals).started);
  };
  const start = (kind?: string, name?: string) =>
    page.evaluate(([k, n]) => (globalThis as unknown as Globals).start(k, n), [
      kind ?? 'Worker',
      name ?? '../jobs/worker.mjs',
    ] as const);
  /** Targets of workers, without hashes. */
  const asked = () =>
    site.requests
      .filter((target) => target.includes('modcast='))
      .map((target) => target.replace(/[\da-f]{64}/g, '…'));

  it('run joined modules, each once and in order, however they are imported', async () => {
    await visit();
    site.clear();
    const { same, runs, shared, piece, data } = await start();
    expect({ same, shared, piece, data }).toEqual({
      same: [true, true, false],
      shared: 1,
      piece: 1,
      data: { version: 1 },
    });
    // Another query is another instance, which runs beside the first.
    expect(runs).toEqual([...RUNS, 'b', 'piece']);
    expect(asked()).toContainEqual(expect.stringMatching(/^\/-\/runs\/…\/.*\?modcast=…\.…$/));
    // What is in a run, and imported in that run only.
    expect(asked()).not.toContain('/jobs/first.mjs?modcast=…');
    expect(asked().filter((target) => target.endsWith('modcast=…'))).toEqual([]);
  });

  it('find natural URLs', async () => {
    await visit();
    expect(await start()).toMatchObject({
      url: `${site.url}jobs/worker.mjs`,
      hash: `${site.url}jobs/b.mjs`,
      resolved: `${site.url}jobs/x.txt`,
      place: [`${site.url}jobs/worker.mjs`, '', `${site.url}jobs/worker.mjs`],
    });
  });

  it('tell the place of an error in the module', async () => {
    await visit();
    await start();
    const found = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const { worker } = globalThis as unknown as Globals;
          worker.onerror = ({ filename, lineno, message }) =>
            resolve({ filename, lineno, isOwn: message.includes('failed on purpose') });
          worker.postMessage('fail');
        }),
    );
    expect(found).toEqual({ filename: `${site.url}jobs/a.mjs`, lineno: 2, isOwn: true });
  });

  // The WebKit of these tests keeps no scripts of workers.
  it.skipIf(engine.name === 'WebKit')('ask the network for nothing the second time', async () => {
    await visit();
    await start();
    await visit();
    site.clear();
    await start();
    expect(asked()).toEqual([]);
  });

  it('stay with the deploy of their page', async () => {
    await visit();
    await direct.publish(2);
    expect(await start()).toMatchObject({ shared: 1, page: 1, piece: 1, data: { version: 1 } });
    await visit();
    expect(await start()).toMatchObject({ shared: 2, page: 2, piece: 2, data: { version: 2 } });
  });

  it('run single modules where nobody was expected to start them, and where a worker starts them', async () => {
    await visit();
    site.clear();
    expect(await start('Worker', '../jobs/nested.mjs')).toMatchObject({ runs: ['first', 'a', 'b'] });
    expect(await start('Worker', '../jobs/outer.mjs')).toMatchObject({
      runs: ['first', 'a', 'b'],
      at: `${site.url}jobs/nested.mjs`,
    });
    expect(asked().filter((target) => target.includes('modcast=…'))).toContain('/jobs/first.mjs?modcast=…');
    expect(asked().filter((target) => target.includes('modcast=….…'))).toEqual([]);
  });

  it('run single modules where they are shared', async () => {
    await visit();
    site.clear();
    const { runs, shared } = await start('SharedWorker', '../jobs/worker.mjs');
    expect(runs.slice(0, RUNS.length)).toEqual(RUNS);
    expect(shared).toBe(1);
    expect(asked().filter((target) => target.includes('modcast=….…'))).toEqual([]);
  });

  describe.runIf(engine.name !== 'WebKit')('without the server', () => {
    const stopServer = () => {
      site.http = () => 'refuse';
      site.sockets = 'refuse';
      site.relay.cut();
    };
    const keep = (all: boolean) =>
      page.evaluate(async (every) => {
        while (globalThis.modcast === undefined)
          await new Promise((resolve) => addEventListener('modcast', resolve, { once: true }));
        await modcast!.ready;
        return modcast!.offline(every ? { all: true } : {});
      }, all);

    it('start with all that they have used', async () => {
      await visit();
      await start();
      expect(await keep(false)).toMatchObject({ failed: 0 });
      stopServer();
      await visit();
      expect(await start()).toMatchObject({ shared: 1, piece: 1, data: { version: 1 } });
    });

    it.each([
      ['never started', false],
      ['started, but had not yet imported all', true],
    ])('start where they were %s, and all is kept', async (_, isStarted) => {
      await visit();
      if (isStarted) await start('Worker', '../jobs/nested.mjs');
      expect(await keep(true)).toMatchObject({ failed: 0 });
      stopServer();
      await visit();
      const { runs, shared, piece, same } = await start();
      expect(runs.slice(0, RUNS.length)).toEqual(RUNS);
      expect([shared, piece]).toEqual([1, 1]);
      expect(same).toEqual([true, true, false]);
    });

    it('run single modules where they were never started, and only what was used is kept', async () => {
      await visit();
      await keep(false);
      stopServer();
      await visit();
      expect((await start()).error).toBeDefined();
    });
  });
});
