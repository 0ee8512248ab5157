import { afterEach, describe, expect, it, vi } from 'vitest';
import { readPolicies, trustScripts } from '../../../../loader/page/policy.js';

const never = new Promise<void>(() => {});

afterEach(() => vi.unstubAllGlobals());

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

  it('are unknown without an answer, or with another one', async () => {
    expect(await read(() => Promise.reject(new TypeError('offline'))).policies).toBeUndefined();
    expect(await read(() => Promise.resolve(new Response(null, { status: 405 }))).policies).toBeUndefined();
    expect(await read(() => new Promise(() => {}), Promise.resolve()).policies).toBeUndefined();
  });
});

describe('Trusted Types', () => {
  const trust = (...policies: string[]) => {
    const created: string[] = [];
    vi.stubGlobal('trustedTypes', {
      createPolicy(name: string) {
        created.push(name);
        return { createScript: String, createScriptURL: String };
      },
    });
    return { can: trustScripts(policies), created };
  };

  it.each([
    [],
    ["script-src 'self'"],
    ["require-trusted-types-for 'script'"],
    ["require-trusted-types-for 'script'; trusted-types mine modcast"],
    ['trusted-types *', "require-trusted-types-for 'script'"],
  ])('allow the policy modcast: %j', (...policies) => {
    expect(trust(...policies)).toEqual({ can: true, created: ['modcast'] });
  });

  it.each([
    ["require-trusted-types-for 'script'; trusted-types mine"],
    ["require-trusted-types-for 'script'; trusted-types 'none'"],
    ["require-trusted-types-for 'script'; trusted-types"],
    ["trusted-types modcast-more; require-trusted-types-for 'script'"],
    ["require-trusted-types-for 'script'; trusted-types modcast", 'trusted-types mine'],
  ])('forbid it, so that nothing is tried (trusted-types-named): %j', (...policies) => {
    expect(trust(...policies)).toEqual({ can: false, created: [] });
  });

  it('that only restrict names need no policy', () => {
    expect(trust('trusted-types mine')).toEqual({ can: true, created: [] });
  });
});
