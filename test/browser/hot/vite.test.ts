import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TemporarySite } from '../counted-site.js';
import { chromium } from '../engines/chromium.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { html, module } from './hot-page.js';
import { serveModcast, serveVite, type Serve, type Served } from './served.js';

// The same files and edits, served once by Vite and once by modcast. The modules must log the same lines.

/** Milliseconds between edits: the watcher of both ignores a second change of a file within 50 ms. */
const WATCHER_PAUSE_MS = 100;

interface Fixture {
  readonly files: Record<string, string>;
  /** Files to save, and the line that is logged after the update. RELOAD stands for a full reload. */
  readonly edits: readonly (readonly [files: Record<string, string>, expected: string, inVite?: string])[];
}

const RELOAD = '(reload)';

const self = (name: string): string =>
  `import.meta.hot.accept((next) => log.push('${name} accepted ' + next?.version));`;
const dep = (by: string, name: string): string =>
  `import.meta.hot.accept('./${name}.mjs', (next) => log.push('${by} got ${name} ' + next?.version));`;
const on = (event: string, payload: string): string =>
  `import.meta.hot.on('${event}', (payload) => log.push('${event} ' + ${payload}));`;
const UPDATES = `payload.updates.map(({ type, path, acceptedPath }) => [type, path, acceptedPath].join(' '))`;

const SAME: Record<string, Fixture> = {
  'a module that accepts itself, with data and dispose': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': counting(1),
    },
    edits: [
      [{ 'a.mjs': counting(2) }, 'a accepted 2'],
      [{ 'a.mjs': counting(3) }, 'a accepted 3'],
    ],
  },
  'a module that no longer accepts itself': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, 'import.meta.hot.accept();'),
    },
    edits: [
      [{ 'a.mjs': module('a', 2) }, 'a 2'],
      [{ 'a.mjs': module('a', 3) }, RELOAD],
    ],
  },
  'several callbacks of one module': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`, dep('main', 'a'), dep('main again', 'a')),
      'a.mjs': module('a', 1),
    },
    edits: [[{ 'a.mjs': module('a', 2) }, 'main again got a 2']],
  },
  'a list of dependencies': {
    files: {
      'main.mjs': module(
        'main',
        1,
        `import './a.mjs';`,
        `import './b.mjs';`,
        `import.meta.hot.accept(['./a.mjs', './b.mjs'], (all) => log.push('got ' + all.map((next) => next?.version)));`,
      ),
      'a.mjs': module('a', 1),
      'b.mjs': module('b', 1),
    },
    edits: [
      [{ 'b.mjs': module('b', 2) }, 'got ,2'],
      [{ 'a.mjs': module('a', 3) }, 'got 3,'],
    ],
  },
  'a chain of importers where the nearest one accepts': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`, dep('main', 'a')),
      'a.mjs': module('a', 1, `import './b.mjs';`, dep('a', 'b')),
      'b.mjs': module('b', 1, `import './c.mjs';`),
      'c.mjs': module('c', 1),
    },
    edits: [
      [{ 'c.mjs': module('c', 2) }, 'a got b 1'],
      [{ 'a.mjs': module('a', 2, `import './b.mjs';`) }, 'main got a 2'],
    ],
  },
  // In sequence: Vite calls importers in the order in which the browser requested them.
  'two importers that both accept': {
    files: {
      'main.mjs': module(
        'main',
        1,
        `import './left.mjs';`,
        `await import('./right.mjs'); log.push('ready');`,
      ),
      'left.mjs': module('left', 1, `import './leaf.mjs';`, dep('left', 'leaf')),
      'right.mjs': module('right', 1, `import './leaf.mjs';`, dep('right', 'leaf')),
      'leaf.mjs': module('leaf', 1),
    },
    edits: [[{ 'leaf.mjs': module('leaf', 2) }, 'right got leaf 2']],
  },
  'a module that names itself as its dependency': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, dep('a', 'a')),
    },
    edits: [[{ 'a.mjs': module('a', 2, dep('a', 'a')) }, RELOAD]],
  },
  'a diamond below a module that accepts itself': {
    files: {
      'main.mjs': module('main', 1, `import './top.mjs';`),
      'top.mjs': module('top', 1, `import './left.mjs';`, `import './right.mjs';`, self('top')),
      'left.mjs': module('left', 1, `import './leaf.mjs';`),
      'right.mjs': module('right', 1, `import './leaf.mjs';`),
      'leaf.mjs': module('leaf', 1),
    },
    edits: [[{ 'leaf.mjs': module('leaf', 2) }, 'top accepted 1']],
  },
  'a cycle below a boundary': {
    files: {
      'main.mjs': module('main', 1, `import './top.mjs';`),
      'top.mjs': module('top', 1, `import './a.mjs';`, self('top')),
      'a.mjs': module('a', 1, `import './b.mjs';`),
      'b.mjs': module('b', 1, `import './a.mjs';`),
    },
    edits: [[{ 'a.mjs': module('a', 2, `import './b.mjs';`) }, 'top accepted 1']],
  },
  'a cycle without a boundary': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, `import './b.mjs';`),
      'b.mjs': module('b', 1, `import './a.mjs';`),
    },
    edits: [[{ 'b.mjs': module('b', 2, `import './a.mjs';`) }, RELOAD]],
  },
  'a module that is only imported dynamically': {
    files: {
      'main.mjs': module('main', 1, dep('main', 'later'), `await import('./later.mjs'); log.push('ready');`),
      'later.mjs': module('later', 1, `import './deep.mjs';`),
      'deep.mjs': module('deep', 1),
    },
    edits: [
      [{ 'later.mjs': module('later', 2, `import './deep.mjs';`) }, 'main got later 2'],
      [{ 'deep.mjs': module('deep', 2) }, 'main got later 2'],
    ],
  },
  'invalidate() continues at the importer, with its message': {
    files: {
      'main.mjs': module(
        'main',
        1,
        `import './top.mjs';`,
        on('vite:invalidate', '[payload.path, payload.message, payload.firstInvalidatedBy]'),
      ),
      'top.mjs': module('top', 1, `import './a.mjs';`, self('top')),
      'a.mjs': invalidating(1),
    },
    edits: [[{ 'a.mjs': invalidating(2) }, 'top accepted 1']],
  },
  'invalidate() of a module that the page loads': {
    files: { 'main.mjs': invalidating(1, 'main') },
    edits: [[{ 'main.mjs': invalidating(2, 'main') }, RELOAD]],
  },
  'modules in a cycle that invalidate each other': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module(
        'a',
        1,
        `import './b.mjs';`,
        'import.meta.hot.accept(() => import.meta.hot.invalidate());',
      ),
      'b.mjs': circularInvalidating(1),
    },
    edits: [[{ 'b.mjs': circularInvalidating(2) }, RELOAD]],
  },
  'decline()': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, 'import.meta.hot.decline();', self('a')),
    },
    edits: [[{ 'a.mjs': module('a', 2) }, 'a accepted 2']],
  },
  'the events of an update, and listeners of an old version': {
    files: {
      'main.mjs': module(
        'main',
        1,
        `import './a.mjs';`,
        on('vite:beforeUpdate', UPDATES),
        on('vite:afterUpdate', UPDATES),
        dep('main', 'a'),
      ),
      'a.mjs': module('a', 1, on('vite:afterUpdate', `'in a 1'`)),
    },
    edits: [[{ 'a.mjs': module('a', 2, on('vite:afterUpdate', `'in a 2'`)) }, 'vite:afterUpdate in a 2']],
  },
  'prune and dispose, after the callbacks of the update': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`, on('vite:beforePrune', 'payload.paths')),
      'a.mjs': module('a', 1, `import './leaf.mjs';`, self('a')),
      'leaf.mjs': module('leaf', 1, disposed('leaf'), `import.meta.hot.prune(() => log.push('pruned'));`),
    },
    edits: [[{ 'a.mjs': module('a', 2, self('a')) }, 'pruned']],
  },
  'data is dropped when a module is pruned': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, `import './leaf.mjs';`, self('a')),
      'leaf.mjs': module(
        'leaf',
        1,
        `log.push('leaf data ' + import.meta.hot.data.seen); import.meta.hot.data.seen = 'kept';`,
        `import.meta.hot.prune((data) => log.push('pruned with ' + data.seen));`,
      ),
    },
    edits: [
      [{ 'a.mjs': module('a', 2, self('a')) }, 'pruned with kept'],
      [{ 'a.mjs': module('a', 3, `import './leaf.mjs';`, self('a')) }, 'a accepted 3'],
    ],
  },
};

interface Difference extends Fixture {
  readonly vite: readonly string[];
  readonly modcast: readonly string[];
}

/** Known differences, intended or unavoidable. */
const DIFFERENT: Record<string, Difference> = {
  'a module with two importers has one instance, also after a reload': {
    files: {
      'main.mjs': module('main', 1, `import './left.mjs';`, `import './right.mjs';`),
      'left.mjs': module('left', 1, `import './leaf.mjs';`, dep('left', 'leaf')),
      'right.mjs': module('right', 1, `import './leaf.mjs';`),
      'leaf.mjs': module('leaf', 1),
    },
    edits: [[{ 'leaf.mjs': module('leaf', 2) }, RELOAD]],
    vite: [
      'leaf 1',
      'left 1',
      'right 1',
      'main 1',
      RELOAD,
      'leaf 2',
      'left 1',
      'leaf 2',
      'right 1',
      'main 1',
    ],
    modcast: ['leaf 1', 'left 1', 'right 1', 'main 1', RELOAD, 'leaf 2', 'left 1', 'right 1', 'main 1'],
  },
  'every replaced module is disposed, not only the accepted one': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, `import './mid.mjs';`, disposed('a'), self('a')),
      'mid.mjs': module('mid', 1, `import './leaf.mjs';`, disposed('mid')),
      'leaf.mjs': module('leaf', 1, disposed('leaf')),
    },
    edits: [[{ 'leaf.mjs': module('leaf', 2) }, 'a accepted 1']],
    vite: ['leaf 1', 'mid 1', 'a 1', 'main 1', 'disposed a', 'leaf 2', 'mid 1', 'a 1', 'a accepted 1'],
    modcast: [
      'leaf 1',
      'mid 1',
      'a 1',
      'main 1',
      'disposed leaf',
      'disposed mid',
      'disposed a',
      'leaf 2',
      'mid 1',
      'a 1',
      'a accepted 1',
    ],
  },
  'every dispose() callback is called, not only the last one': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, disposed('one'), disposed('two'), self('a')),
    },
    edits: [[{ 'a.mjs': module('a', 2) }, 'a accepted 2']],
    vite: ['a 1', 'main 1', 'disposed two', 'a 2', 'a accepted 2'],
    modcast: ['a 1', 'main 1', 'disposed one', 'disposed two', 'a 2', 'a accepted 2'],
  },
  'invalidate() lets an importer accept the module, as documented': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`, dep('main', 'a')),
      'a.mjs': invalidating(1),
    },
    edits: [[{ 'a.mjs': invalidating(2) }, 'main got a 2', RELOAD]],
    vite: ['a 1', 'main 1', RELOAD, 'a 2', 'main 1'],
    modcast: ['a 1', 'main 1', 'a 2', 'gives up 2', 'gave up', 'main got a 2'],
  },
  'prune() applies to dependencies of a pruned module, also in a cycle': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, `import './left.mjs';`, `import './right.mjs';`, self('a')),
      'left.mjs': module('left', 1, `import './deep.mjs';`, pruned('left')),
      'deep.mjs': module('deep', 1, pruned('deep')),
      'right.mjs': module('right', 1, `import './round.mjs';`, pruned('right')),
      'round.mjs': module('round', 1, `import './right.mjs';`, pruned('round')),
    },
    edits: [[{ 'a.mjs': module('a', 2, self('a')) }, 'pruned round', 'pruned left']],
    vite: ['deep 1', 'left 1', 'round 1', 'right 1', 'a 1', 'main 1', 'a 2', 'a accepted 2', 'pruned left'],
    modcast: [
      'deep 1',
      'left 1',
      'round 1',
      'right 1',
      'a 1',
      'main 1',
      'a 2',
      'a accepted 2',
      'pruned left',
      'pruned right',
      'pruned deep',
      'pruned round',
    ],
  },
  'a callback gets a module, also from the version that fixes one that threw': {
    files: {
      'main.mjs': module('main', 1, `import './a.mjs';`),
      'a.mjs': module('a', 1, self('a')),
    },
    edits: [
      [{ 'a.mjs': module('a', 2, `log.push('throws'); throw new Error('no');`, self('a')) }, 'throws'],
      [{ 'a.mjs': module('a', 3, self('a')) }, 'a 3'],
      [{ 'a.mjs': module('a', 4, self('a')) }, 'a accepted 4'],
    ],
    vite: ['a 1', 'main 1', 'a 2', 'throws', 'a accepted undefined', 'a 3', 'a 4', 'a accepted 4'],
    modcast: ['a 1', 'main 1', 'a 2', 'throws', 'a 3', 'a accepted 3', 'a 4', 'a accepted 4'],
  },
};

function pruned(name: string): string {
  return `import.meta.hot.prune(() => log.push('pruned ${name}'));`;
}

function disposed(name: string): string {
  return `import.meta.hot.dispose(() => log.push('disposed ${name}'));`;
}

/** Counts the instances of a module in `import.meta.hot.data`. */
function counting(version: number): string {
  return module(
    'a',
    version,
    `import.meta.hot.data.count ??= 0; log.push('data ' + import.meta.hot.data.count);`,
    `import.meta.hot.dispose(async (data) => { await null; data.count++; log.push('disposed ${version}'); });`,
    self('a'),
  );
}

function invalidating(version: number, name = 'a'): string {
  return module(
    name,
    version,
    `import.meta.hot.accept((next) => { log.push('gives up ' + next.version); import.meta.hot.invalidate('cannot do'); log.push('gave up'); });`,
  );
}

function circularInvalidating(version: number): string {
  return module(
    'b',
    version,
    `import './a.mjs';`,
    'import.meta.hot.accept(() => import.meta.hot.invalidate());',
  );
}

let browser: OpenBrowser;
beforeAll(async () => {
  browser = await chromium.launch();
});
afterAll(() => browser.close());

async function withPage<T>(
  serve: Serve,
  files: Record<string, string>,
  use: (page: BrowserPage, site: TemporarySite, server: Served) => Promise<T>,
): Promise<T> {
  const site = await TemporarySite.create({
    'index.html': html('<script type="module" src="main.mjs"></script>'),
    ...files,
  });
  const server = await serve(site.directory);
  const page = await browser.newPage();
  try {
    await page.goto(server.url);
    await page.until(() => log.some((line) => line === 'main 1'));
    return await use(page, site, server);
  } finally {
    await page.close();
    await server.close();
    await site.close();
  }
}

/**
 * Writes each file in one change, never truncated: Vite would send an update for the empty file too.
 */
async function save(site: TemporarySite, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(site.directory, name);
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    const opened = await open(file, size === 0 ? 'w' : 'r+');
    await opened.write(text.padEnd(size, '\n'));
    await opened.close();
  }
}

/** Runs the edits. @returns all lines that the modules log */
const run = (serve: Serve, { files, edits }: Fixture): Promise<string[]> =>
  withPage(serve, files, async (page, site) => {
    const logged: string[] = [];
    let before = 0;
    if (Object.values(files).some((text) => text.includes(`log.push('ready')`)))
      await page.until(() => log.includes('ready'));
    for (const [files, ours, inVite = ours] of edits) {
      const expected = serve === serveVite ? inVite : ours;
      await page.evaluate(() => {
        globalThis.survivor = 'yes';
      });
      before = await page.evaluate(() => log.length);
      const last = await page.evaluate(() => log);
      await delay(WATCHER_PAUSE_MS);
      await save(site, files);
      if (expected === RELOAD) {
        await page.until(
          () => globalThis.survivor === undefined && globalThis.log?.some((line) => line.startsWith('main ')),
        );
        logged.push(...last, RELOAD);
      } else await page.until(([line, from]) => log.slice(from).includes(line), [expected, before] as const);
    }
    return [...logged, ...(await page.evaluate(() => log))];
  });

describe('hot reload compared with Vite', () => {
  it.each(Object.entries(SAME))('same: %s', async (_name, fixture) => {
    const [vite, modcast] = [await run(serveVite, fixture), await run(serveModcast, fixture)];
    expect(modcast).toEqual(vite);
  });

  it.each(Object.entries(DIFFERENT))('different: %s', async (_name, { vite, modcast, ...fixture }) => {
    expect(await run(serveVite, fixture)).toEqual(vite);
    expect(await run(serveModcast, fixture)).toEqual(modcast);
  });

  it('same: custom events in both directions', async () => {
    const talk = (serve: Serve) =>
      withPage(
        serve,
        { 'main.mjs': module('main', 1, on('greeting', 'payload.text')) },
        async (page, site, server) => {
          const asked = new Promise((resolve) => server.onMessage('question', resolve));
          await site.write({
            'main.mjs': module(
              'main',
              2,
              `import.meta.hot.send('question', { n: 1 });`,
              on('greeting', 'payload.text'),
            ),
          });
          const question = await asked;
          server.send('greeting', { text: 'hello' });
          await page.until(() => log.includes('greeting hello'));
          return { question, log: await page.evaluate(() => log) };
        },
      );
    expect(await talk(serveModcast)).toEqual(await talk(serveVite));
  });
});
