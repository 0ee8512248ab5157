import { describe, expect, it } from 'vitest';
import type { FetchEvent } from '../../../../loader/service-worker/scope.js';
import { Requests, type RequestsOptions } from '../../../../loader/service-worker/requests.js';

const requests = new Requests({
  config: { root: '/app/', prefix: '/app/-/', watches: false },
  origin: 'https://host',
} as RequestsOptions);

it.each([
  ['loader.js?v=1', true],
  ['fused-loader.js?v=1', true],
  ['hot.js?v=1', true],
  ['offline-page.js?v=1', true],
  // Without a version, it may change.
  ['loader.js', false],
  ['own-loader.js?v=1', false],
  ['worker.js?v=1', false],
])('keeps scripts whose URLs name their version: %s', (name, isKept) => {
  expect(requests.isScript(`https://host/app/-/${name}`)).toBe(isKept);
  expect(requests.isScript(`https://host/${name}`)).toBe(false);
});

describe('what code evaluated from text in a worker imports', () => {
  const HASH = 'ab'.repeat(32);
  const asked: [string, RequestInit | undefined][] = [];

  /** The text of the answer to a request. */
  async function answer(request: Partial<Request>, isUp = true): Promise<string> {
    asked.length = 0;
    const all = {
      method: 'GET',
      mode: 'cors',
      url: 'https://host/app/a.mjs',
      destination: 'script',
      referrer: `https://host/app/w.mjs?modcast=${HASH}`,
      headers: new Headers(),
      ...request,
    } as Request;
    const worker = new Requests({
      config: { root: '/app/', prefix: '/app/-/', watches: false },
      origin: 'https://host',
      tabs: { deploy: async () => ({ manifest: HASH, number: 1, embedder: null }), opens: async () => {} },
      deploys: { find: async () => ({}) },
      files: { answer: async () => new Response('file of the deploy') },
      fetch: async (url: string, init?: RequestInit) => {
        asked.push([url, init]);
        if (!isUp) throw new TypeError('no network');
        return new Response('module that leads to the instance');
      },
    } as unknown as RequestsOptions);
    return new Promise((resolve, reject) => {
      worker.answer({
        request: all,
        clientId: 'worker',
        resultingClientId: '',
        waitUntil() {},
        respondWith: (response: Promise<Response>) =>
          void response.then((given) => given.text()).then(resolve, reject),
      } as unknown as FetchEvent);
    });
  }

  it('comes from the server, which is told', async () => {
    expect(await answer({})).toBe('module that leads to the instance');
    const referrer = `https://host/app/w.mjs?modcast=${HASH}`;
    expect(asked).toEqual([['https://host/app/a.mjs', { headers: { 'Modcast-Import': '1' }, referrer }]]);
  });

  it('is the file of the deploy without the server', async () => {
    expect(await answer({}, false)).toBe('file of the deploy');
  });

  it.each([
    ['what it fetches', { destination: '' as const }],
    ['a module of a page', { referrer: 'https://host/app/' }],
    ['a module of the deploy', { url: `https://host/app/a.mjs?modcast=${HASH}` }],
  ])('is not %s', async (_, request) => {
    expect(await answer(request)).toBe('file of the deploy');
    expect(asked).toEqual([]);
  });
});
