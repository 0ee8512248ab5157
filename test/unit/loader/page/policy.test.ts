import { afterEach, describe, expect, it, vi } from 'vitest';
import { permitConnection, trustScripts } from '../../../../loader/page/policy.js';

afterEach(() => vi.unstubAllGlobals());

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

describe('a connection to the server of the page', () => {
  const permits = (scheme: 'ws' | 'http', ...policies: string[]) => {
    vi.stubGlobal('location', { hostname: 'www.site.test' });
    return permitConnection(policies, scheme);
  };

  it.each([
    [],
    ["script-src 'none'"],
    ["connect-src 'self'"],
    ["default-src 'none'; connect-src *"],
    ['connect-src https://api.test wss:'],
    ['connect-src https://api.test wss://www.site.test:8443/x'],
    ['connect-src wss://*.site.test'],
    ["default-src 'self'", "connect-src 'self' https://api.test"],
  ])('is permitted: %j', (...policies) => expect(permits('ws', ...policies)).toBe(true));

  it.each([
    ["connect-src 'none'"],
    ['connect-src'],
    ["default-src 'none'; script-src *"],
    ['connect-src https: http:'],
    ['connect-src wss://other.test'],
    ["connect-src 'self'", 'connect-src https://api.test'],
  ])('is not: %j', (...policies) => expect(permits('ws', ...policies)).toBe(false));

  it('has the scheme of requests where there is no socket', () => {
    expect(permits('http', 'connect-src https:')).toBe(true);
    expect(permits('http', 'connect-src wss:')).toBe(false);
  });
});
