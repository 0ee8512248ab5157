import { beforeEach, describe, expect, it } from 'vitest';
import type { Tab, TabDeploy } from '../../../../loader/service-worker/kept-files.js';
import type { Client } from '../../../../loader/service-worker/scope.js';
import { Tabs } from '../../../../loader/service-worker/tabs.js';
import { hashOf } from '../fakes.js';

const A: TabDeploy = { manifest: hashOf('a'), number: 1, embedder: null };
const B: TabDeploy = { manifest: hashOf('b'), number: 2, embedder: 'require-corp' };
const URL_A = 'https://host.test/';

let open: Client[];
let rows: Map<string, Tab>;
let tabs: Tabs;

/** A service worker that has just started. */
const start = () =>
  new Tabs(
    {
      claim: async () => {},
      get: async (id) => open.find((client) => client.id === id),
      matchAll: async () => open,
    },
    {
      tabs: async () => [...rows.values()],
      putTab: async (tab) => void rows.set(tab.id, tab),
      deleteTabs: async (ids) => {
        for (const id of ids) rows.delete(id);
      },
    },
  );

beforeEach(() => {
  open = [];
  rows = new Map();
  tabs = start();
});

describe('the deploy of a client', () => {
  it('is unknown before it is set', async () => {
    open = [{ id: 'x', url: URL_A }];
    expect(await tabs.deploy('x')).toBeUndefined();
    expect(await tabs.deploy('')).toBeUndefined();
  });

  it('is known after the service worker has started again', async () => {
    await tabs.set('x', A);
    expect(await tabs.deploy('x')).toEqual(A);
    expect(await start().deploy('x')).toEqual(A);
  });

  it('is that in the URL of a module worker, with what its page has', async () => {
    await tabs.set('page', B);
    open = [
      { id: 'page', url: URL_A },
      { id: 'worker', url: `${URL_A}w.mjs?modcast=${B.manifest}` },
      { id: 'other', url: `${URL_A}w.mjs?modcast=${A.manifest}` },
    ];
    expect(await tabs.deploy('worker')).toEqual(B);
    expect(await tabs.deploy('other')).toEqual({ manifest: A.manifest, number: null, embedder: null });
  });

  it('is that of the newest page with the manifest', async () => {
    await tabs.set('before', { ...A, embedder: null });
    await tabs.set('after', { ...A, embedder: 'require-corp' });
    expect((await tabs.named(A.manifest)).embedder).toBe('require-corp');
  });

  it.each(['blob:https://host.test/1', 'about:srcdoc'])(
    'of a client without a URL of its own is that of all pages: %s',
    async (url) => {
      await tabs.set('page', A);
      open = [
        { id: 'page', url: URL_A },
        { id: 'x', url },
      ];
      expect(await tabs.deploy('x')).toEqual(A);
      await tabs.set('second', B);
      open.push({ id: 'second', url: URL_A });
      expect(await tabs.deploy('x')).toBeUndefined();
    },
  );
});

it('deploys of open clients are in use', async () => {
  await tabs.set('page', A);
  await tabs.set('closed', B);
  open = [{ id: 'page', url: URL_A }];
  expect(await tabs.inUse()).toEqual(new Set([A.manifest]));
});

it('the deploy of a client is in use from the answer that it becomes, before the browser lists it, until it closes', async () => {
  await tabs.opens('page', A);
  expect(await tabs.inUse()).toEqual(new Set([A.manifest]));
  open = [{ id: 'page', url: URL_A }];
  expect(await tabs.inUse()).toEqual(new Set([A.manifest]));
  open = [];
  expect(await tabs.inUse()).toEqual(new Set());
});

it('an answer that becomes no client is of none', async () => {
  await tabs.opens('', A);
  expect(await tabs.inUse()).toEqual(new Set());
});

it('a client that comes back has its deploy, unless 200 others have come since', async () => {
  for (let i = 0; i < 205; i++) rows.set(`${i}`, { id: `${i}`, ...A, time: i });
  tabs = start();
  expect(await tabs.deploy('204')).toEqual(A);
  expect(rows.size).toBe(200);
  expect(rows.has('4')).toBe(false);
  expect(rows.has('5')).toBe(true);
});
