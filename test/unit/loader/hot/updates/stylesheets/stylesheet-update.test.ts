import { beforeEach, expect, it, vi } from 'vitest';
import type { HotEventName } from '../../../../../../loader/hot/api.js';
import { StylesheetUpdate } from '../../../../../../loader/hot/updates/stylesheets/stylesheet-update.js';
import { EMPTY_MANIFEST, type Manifest } from '../../../../../../schema/manifest.js';

const ROOT = 'https://host/';
let linked: string[];
/** URLs that cannot be read. */
let broken: string[];
/** URLs of style sheets that cannot be exchanged. */
let refused: string[];
let log: string[];
let update: StylesheetUpdate;

const withA = (hash: string): Manifest => ({
  ...EMPTY_MANIFEST,
  modules: new Map([['a.css', { hash, size: 1, type: 'text/css' }]]),
});

const manifest = {
  ...EMPTY_MANIFEST,
  modules: new Map([
    ['a.css', { hash: 'a2', size: 1, type: 'text/css' }],
    ['b.css', { hash: 'b2', size: 1, type: 'text/css' }],
    ['a.mjs', { hash: 'm2', size: 1, type: 'text/javascript' }],
  ]),
};

beforeEach(() => {
  vi.stubGlobal('location', { origin: 'https://host' });
  vi.spyOn(console, 'info').mockImplementation(
    (text: string) => void log.push(text.replace(/\d+ ms/, 'n ms')),
  );
  linked = ['a.css', 'a.mjs'];
  broken = [];
  refused = [];
  log = [];
  update = new StylesheetUpdate({
    records: { urlOf: (path) => ROOT + path },
    contexts: {
      emit: (event: HotEventName, payload: object) => {
        const { updates } = payload as { updates: { type: string; path: string }[] };
        log.push(`${event} ${updates.map(({ type, path }) => `${type} ${path}`).join(' ')}`);
      },
    },
    stylesheets: {
      isUsed: (url) => linked.includes(url.slice(ROOT.length)),
      swap: async (changed) => {
        log.push(`swap ${[...changed].map(([url, versions]) => `${url} ${versions.join(' ')}`).join(' ')}`);
        return { unread: new Set(broken), refused: new Set(refused) };
      },
    },
  });
});

it('finds the changed style sheets that the page links', () => {
  expect(update.linked(['a.css', 'b.css', 'a.mjs', 'gone.css'], withA('a1'), manifest)).toEqual(
    new Map([['a.css', ['a2', 'a1']]]),
  );
});

it('swaps them between the events of an update', async () => {
  await update.run(new Map([['a.css', ['a2']]]));
  expect(log).toEqual([
    'beforeUpdate css-update /a.css',
    'swap https://host/a.css a2',
    'afterUpdate css-update /a.css',
    'modcast: updated a.css in n ms',
  ]);
});

it('does nothing without a style sheet', async () => {
  await update.run(new Map());
  expect(log).toEqual([]);
});

it('tries a version again that could not be loaded, with the next update', async () => {
  broken = [`${ROOT}a.css`];
  await update.run(new Map([['a.css', ['a2']]]));
  expect(update.linked([], manifest, manifest)).toEqual(new Map([['a.css', ['a2']]]));
  broken = [];
  await update.run(update.linked([], manifest, manifest));
  expect(update.linked([], manifest, manifest)).toEqual(new Map());
});

it('knows the version before and the first one, which a browser may keep for the document', () => {
  for (let version = 1; version < 5; version++) {
    update.linked(['a.css'], withA(`a${version}`), withA(`a${version + 1}`));
  }
  expect(update.linked(['a.css'], withA('a5'), withA('a6'))).toEqual(
    new Map([['a.css', ['a6', 'a5', 'a1']]]),
  );
  expect(update.linked(['a.css'], withA('a6'), withA('a5'))).toEqual(
    new Map([['a.css', ['a5', 'a6', 'a1']]]),
  );
});

it('says that the page has to be loaded again, and no more, for one that cannot be exchanged', async () => {
  refused = [`${ROOT}a.css`];
  expect(await update.run(new Map([['a.css', ['a2', 'a1']]]))).toEqual({
    reason: 'a.css changed, and the page has changed the rules of that style sheet',
    path: 'a.css',
  });
  expect(log).toEqual(['beforeUpdate css-update /a.css', 'swap https://host/a.css a2 a1']);
});
