import { describe, expect, it, vi } from 'vitest';
import type { KeptResponse } from '../../../../loader/service-worker/kept-files.js';
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

describe('what a worker of joined modules requests', () => {
  const MANIFEST = 'ab'.repeat(32);
  const NAME = `${MANIFEST}.${'cd'.repeat(32)}`;
  const SCRIPT = `https://host/app/w.mjs?modcast=${NAME}`;

  /** Answers from what is kept, or from a server that is up or not. */
  function start({ isUp = true, redirects = false } = {}) {
    const kept = new Map<string, KeptResponse>();
    const opened: unknown[] = [];
    const own = new Requests({
      config: { root: '/app/', prefix: '/app/-/', watches: false },
      origin: 'https://host',
      kept: {
        response: async (url: string) => kept.get(url),
        putResponse: async (row: KeptResponse) => void kept.set(row.url, row),
      },
      tabs: {
        deploy: async () => undefined,
        named: async (manifest: string) => ({ manifest, number: null, embedder: null }),
        opens: async (id: string, run: unknown) => void opened.push(id, run),
      },
      deploys: { find: async () => ({}) },
      files: {
        answer: async () => new Response('single module'),
        runtime: async () => new Response('runtime of single modules'),
      },
      fetch: async () => {
        if (!isUp) throw new TypeError('no network');
        const response = new Response('from the server');
        if (redirects) Object.defineProperty(response, 'redirected', { value: true });
        return response;
      },
    } as unknown as RequestsOptions);
    const ask = (url: string, given: Partial<Request> = {}) =>
      new Promise<Response>((resolve, reject) => {
        const headers = new Headers();
        const request = {
          method: 'GET',
          mode: 'cors',
          url,
          destination: 'script',
          referrer: SCRIPT,
          headers,
        };
        own.answer({
          request: { ...request, ...given } as Request,
          clientId: '',
          resultingClientId: 'worker',
          waitUntil() {},
          respondWith: (response: Promise<Response>) => void response.then(resolve, reject),
        } as unknown as FetchEvent);
      });
    return { own, ask, kept, opened };
  }

  it.each([
    SCRIPT,
    `https://host/app/a.mjs?modcast=${NAME}~`,
    `https://host/app/data.json?modcast=${NAME}`,
    `https://host/app/-/runs/${MANIFEST}/a.mjs?modcast=${NAME}`,
    `https://host/app/-/worker.js?v=1&modcast=${NAME}`,
  ])('is kept as the server has made it: %s', async (url) => {
    const { own, ask, kept } = start();
    expect(own.isModule(url)).toBe(true);
    expect(await (await ask(`${url}#x`)).text()).toBe('from the server');
    await vi.waitFor(() => expect([...kept.keys()]).toEqual([url]));
    kept.set(url, { ...kept.get(url)!, body: new TextEncoder().encode('as kept') });
    expect(await (await ask(url)).text()).toBe('as kept');
  });

  it('names the deploy that the worker runs', async () => {
    const { ask, opened } = start();
    await ask(SCRIPT, { destination: 'worker', referrer: 'https://host/app/' });
    expect(opened).toEqual(['worker', expect.objectContaining({ manifest: MANIFEST })]);
  });

  it('is not kept where the server leads to single modules', async () => {
    const { ask, kept } = start({ redirects: true });
    await ask(SCRIPT, { destination: 'worker', referrer: 'https://host/app/' });
    expect(kept.size).toBe(0);
  });

  it('leads to single modules without the server, for the script of the worker only', async () => {
    const { ask } = start({ isUp: false });
    const script = await ask(SCRIPT, { destination: 'worker', referrer: 'https://host/app/' });
    expect(script.status).toBe(302);
    expect(script.headers.get('Location')).toBe(`https://host/app/w.mjs?modcast=${MANIFEST}`);
    for (const destination of ['script', 'worker'] as const)
      await expect(ask(SCRIPT, { destination })).rejects.toThrow('no network');
  });

  it('is linked from the deploy where a worker runs single modules', async () => {
    const { ask } = start();
    const single = `?modcast=${MANIFEST}`;
    expect(await (await ask(`https://host/app/w.mjs${single}`)).text()).toBe('single module');
    const runtime = await ask(`https://host/app/-/worker.js?v=1&modcast=${MANIFEST}`);
    expect(await runtime.text()).toBe('runtime of single modules');
  });
});
