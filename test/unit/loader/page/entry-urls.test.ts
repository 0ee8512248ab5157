import { expect, it } from 'vitest';
import { entryUrls } from '../../../../loader/page/entry-urls.js';
import type { HeldPage, HeldScript } from '../../../../loader/page/held-page.js';
import { manifestHash, manifestOf } from '../fakes.js';
import { resolverOf, ROOT } from '../linking/fixture.js';

const BASE = `${ROOT}app/index.html`;

function urlsOf(
  scripts: Partial<HeldScript>[],
  entries: string[] = [],
  imports: Record<string, string> = {},
) {
  const page: HeldPage = {
    importMaps: [],
    scripts: scripts.map((script) => ({
      element: {} as HTMLScriptElement,
      src: null,
      imports: [],
      kind: 'module',
      async: false,
      base: BASE,
      text: '',
      at: undefined,
      ...script,
    })),
  };
  const manifest = { ...manifestOf({}), entries };
  const release = { deploy: 1, hash: manifestHash(manifest), manifest, fusion: null };
  return entryUrls(page, resolverOf({ imports }), release, ROOT);
}

it('are the sources of module scripts, in document order', () => {
  expect(urlsOf([{ src: `${ROOT}b.mjs` }, { src: `${ROOT}a.mjs` }])).toEqual([
    `${ROOT}b.mjs`,
    `${ROOT}a.mjs`,
  ]);
});

it('are what inline scripts import, as the page resolves it', () => {
  const script = { imports: ['./a.mjs', 'bare', 'unknown'] };
  expect(urlsOf([script], [], { bare: `${ROOT}lib/bare.mjs` })).toEqual([
    `${ROOT}app/a.mjs`,
    `${ROOT}lib/bare.mjs`,
  ]);
});

it('are the site’s entries where an inline script was not read', () => {
  expect(urlsOf([{ imports: null }], ['main.mjs'])).toEqual([`${ROOT}main.mjs`]);
  expect(urlsOf([{ imports: [] }], ['main.mjs'])).toEqual([]);
});

it('are each there once', () => {
  expect(urlsOf([{ src: `${ROOT}a.mjs` }, { imports: ['/a.mjs'] }])).toEqual([`${ROOT}a.mjs`]);
});

it('are not classic scripts', () => {
  expect(urlsOf([{ kind: 'deferred', src: `${ROOT}a.js` }])).toEqual([]);
});
