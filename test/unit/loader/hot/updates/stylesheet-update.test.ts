import { beforeEach, expect, it, vi } from 'vitest';
import type { HotEventName } from '../../../../../loader/hot/api.js';
import { StylesheetUpdate } from '../../../../../loader/hot/updates/stylesheet-update.js';
import { EMPTY_MANIFEST } from '../../../../../schema/manifest.js';

const ROOT = 'https://host/';
let linked: string[];
/** URLs that cannot be loaded. */
let broken: string[];
let log: string[];
let update: StylesheetUpdate;

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
      linksOf: (url) => (linked.includes(url.slice(ROOT.length)) ? [{} as HTMLLinkElement] : []),
      swap: async (changed) => {
        log.push(`swap ${[...changed].map(([url, version]) => `${url} ${version}`).join(' ')}`);
        return new Set(broken);
      },
    },
  });
});

it('finds the changed style sheets that the page links', () => {
  expect(update.linked(['a.css', 'b.css', 'a.mjs', 'gone.css'], manifest)).toEqual(
    new Map([['a.css', 'a2']]),
  );
});

it('swaps them between the events of an update', async () => {
  await update.run(new Map([['a.css', 'a2']]));
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
  await update.run(new Map([['a.css', 'a2']]));
  expect(update.linked([], manifest)).toEqual(new Map([['a.css', 'a2']]));
  broken = [];
  await update.run(update.linked([], manifest));
  expect(update.linked([], manifest)).toEqual(new Map());
});
