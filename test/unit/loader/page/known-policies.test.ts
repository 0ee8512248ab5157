import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KnownPolicies, readPolicies } from '../../../../loader/page/known-policies.js';
import { shownPolicies } from '../../../../loader/page/policy.js';
import { settle } from '../fakes.js';

const never = new Promise<void>(() => {});

beforeEach(() => {
  const stored = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
  vi.stubGlobal('location', { hostname: 'host.test' });
});

afterEach(() => {
  shownPolicies.clear();
  vi.unstubAllGlobals();
});

describe('the policies in the headers of a page', () => {
  const read = (answer: () => Promise<Response>, late = never) => {
    const asked: unknown[] = [];
    vi.stubGlobal('fetch', (...request: unknown[]) => {
      asked.push(request);
      return answer();
    });
    return { asked, policies: readPolicies('https://host.test/page', late) };
  };

  it('are read with one HEAD request, which the cache may answer', async () => {
    const headers = {
      'Content-Security-Policy': "script-src 'self', img-src *",
      'Content-Security-Policy-Report-Only': 'default-src data:',
    };
    const { asked, policies } = read(() => Promise.resolve(new Response(null, { headers })));
    expect((await policies)?.map((policy) => policy.trim())).toEqual([
      "script-src 'self'",
      'img-src *',
      'default-src data:',
    ]);
    expect(asked).toMatchObject([['https://host.test/page', { method: 'HEAD', cache: 'force-cache' }]]);
  });

  it('are not requested through a service worker, which could store the answer in place of the page', async () => {
    vi.stubGlobal('navigator', { serviceWorker: { controller: {} } });
    const { asked, policies } = read(() => Promise.resolve(new Response()));
    expect([await policies, asked]).toEqual([undefined, []]);
  });

  it('are known to be none', async () => {
    expect(await read(() => Promise.resolve(new Response())).policies).toEqual([]);
  });

  it('are those of a 404 page, where the answer has the status of the page', async () => {
    const policy = "script-src 'self'";
    const answer = () =>
      Promise.resolve(new Response(null, { status: 404, headers: { 'Content-Security-Policy': policy } }));
    expect(await read(answer).policies).toBeUndefined();
    vi.stubGlobal('performance', { getEntriesByType: () => [{ responseStatus: 404 }] });
    expect(await read(answer).policies).toEqual([policy]);
    expect(await read(() => new Promise(() => {}), Promise.resolve()).policies).toBeUndefined();
  });

  it('are unknown without an answer, or with another one', async () => {
    expect(await read(() => Promise.reject(new TypeError('offline'))).policies).toBeUndefined();
    expect(await read(() => Promise.resolve(new Response(null, { status: 405 }))).policies).toBeUndefined();
    expect(await read(() => new Promise(() => {}), Promise.resolve()).policies).toBeUndefined();
  });
});

describe('a page', () => {
  const HEAD = { 'Content-Security-Policy': "script-src 'self' 'unsafe-inline'" };
  let violate = (_policy: string) => {};
  let asked = 0;

  /** Opens a page. @param headers of the answer; null when it does not come */
  const visit = (
    headers: Record<string, string> | null,
    boot: 'fresh' | 'cached' = 'cached',
    path = '/page',
  ) => {
    vi.stubGlobal('addEventListener', (_: string, listener: (event: object) => void) => {
      violate = (originalPolicy) => listener({ originalPolicy });
    });
    vi.stubGlobal('fetch', () => {
      asked++;
      return headers === null ? never : Promise.resolve(new Response(null, { headers }));
    });
    shownPolicies.clear();
    asked = 0;
    const late = boot === 'cached' ? never : Promise.resolve();
    const url = `https://host.test${path}?query`;
    return new KnownPolicies({
      config: { boot, deploy: null, socket: true },
      url,
      late,
      ready: Promise.resolve(),
    });
  };

  it('waits for the answer on the first visit', async () => {
    expect(await visit(HEAD).read()).toEqual([HEAD['Content-Security-Policy']]);
  });

  it('does not wait when it boots from the cache and knows those of the last visit', async () => {
    await visit(HEAD).read();
    await settle();
    expect(await visit(null).read()).toEqual([HEAD['Content-Security-Policy']]);
    expect(asked).toBe(1);
  });

  it('takes those of the answer at its next visit', async () => {
    await visit(HEAD).read();
    await settle();
    await visit({}).read();
    await settle();
    expect(await visit(null).read()).toEqual([]);
  });

  it('waits when it does not boot from the cache, and falls back on the last visit', async () => {
    await visit(HEAD).read();
    await settle();
    expect(await visit({}, 'fresh').read()).toEqual([]);
    await settle();
    await visit(HEAD, 'fresh').read();
    await settle();
    expect(await visit(null, 'fresh').read()).toEqual([HEAD['Content-Security-Policy']]);
  });

  it('of another path or deploy knows nothing', async () => {
    await visit(HEAD).read();
    await settle();
    expect(await visit({}, 'cached', '/other').read()).toEqual([]);
  });

  it('makes no second attempt that a policy has blocked or reported', async () => {
    const first = visit(HEAD);
    expect(first.permitConnection).toBe(true);
    violate("connect-src 'none'");
    expect(first.permitConnection).toBe(false);
    await first.read();
    expect(asked).toBe(0);
    await settle();
    const second = visit(HEAD);
    expect(second.permitConnection).toBe(false);
    expect(await second.read()).toEqual(["connect-src 'none'"]);
    expect(asked).toBe(0);
  });

  it('remembers the sixteen pages that were visited last', async () => {
    for (let page = 0; page < 17; page++) {
      await visit(HEAD, 'cached', `/${page}`).read();
      await settle();
    }
    expect(await visit({}, 'cached', '/16').read()).toHaveLength(1);
    expect(await visit({}, 'cached', '/0').read()).toHaveLength(0);
  });

  it('runs without storage', async () => {
    vi.stubGlobal('localStorage', undefined);
    expect(await visit(HEAD).read()).toHaveLength(1);
    await settle();
  });
});
