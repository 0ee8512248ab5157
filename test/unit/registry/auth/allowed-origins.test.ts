import { describe, expect, it } from 'vitest';
import { createAccess } from '../../../../registry/auth/allowed-origins.js';

const access = createAccess(['Site.test'], ['https://app.test', 'http://other.test:81']);

describe('a host', () => {
  it.each([
    'localhost',
    'localhost:80',
    'LOCALHOST',
    'x.localhost:1',
    '127.0.0.1',
    '192.168.1.7:8080',
    '[::1]:80',
    'site.test',
    'site.test:4321',
  ])('%s is allowed', (host) => expect(access.hostAllowed(host)).toBe(true));

  it.each([
    undefined,
    '',
    'evil.test',
    'evil.test:4321',
    'localhost.evil.test',
    'evil-localhost',
    'xlocalhost',
    'site.test.evil',
    'sub.site.test',
    '127.0.0.1.evil.test',
    'localhost:99999',
    'localhost:x',
    'user@localhost',
    'localhost/x',
    'localhost#x',
    'local host',
    '[::1',
    ']',
    'localhost,evil.test',
  ])('%s is not', (host) => expect(access.hostAllowed(host)).toBe(false));
});

describe('an origin', () => {
  it.each([
    ['http://localhost:1', 'localhost:1'],
    ['http://127.0.0.1:1', '127.0.0.1:1'],
    ['https://site.test', 'site.test'],
    ['http://[::1]:7', '[::1]:7'],
    ['https://app.test', 'localhost:1'],
    ['http://other.test:81', 'localhost:1'],
  ])('%s is allowed at %s', (origin, host) => expect(access.originAllowed(origin, host)).toBe(true));

  it.each([
    [undefined, 'localhost:1'],
    ['', 'localhost:1'],
    ['null', 'localhost:1'],
    ['http://localhost:2', 'localhost:1'],
    ['http://localhost', 'localhost:1'],
    ['http://evil.test', 'evil.test'],
    ['http://evil.test', 'localhost:1'],
    ['http://app.test', 'localhost:1'],
    ['https://app.test:444', 'localhost:1'],
    ['https://app.test.evil', 'localhost:1'],
    ['https://app.test/', 'localhost:1'],
    ['https://user@app.test', 'localhost:1'],
    ['file://', 'localhost:1'],
    ['chrome-extension://abc', 'localhost:1'],
    ['http://localhost:1 http://evil.test', 'localhost:1'],
    ['http://', 'localhost:1'],
    ['http://[', 'localhost:1'],
    ['http://localhost:1', undefined],
    ['http://localhost:1', '['],
  ])('%s is not allowed at %s', (origin, host) => expect(access.originAllowed(origin, host)).toBe(false));

  it.each([
    ['https://site.test', 'site.test', 'https', true],
    ['https://site.test', 'site.test:443', 'https', true],
    ['http://site.test', 'site.test:80', 'http', true],
    ['http://site.test', 'site.test', 'https', false],
    ['https://site.test', 'site.test', 'http', false],
    ['https://app.test', 'site.test', 'http', true],
  ] as const)('%s at %s over %s: %s', (origin, host, scheme, expected) =>
    expect(access.originAllowed(origin, host, scheme)).toBe(expected),
  );

  it('may read responses across origins only when it is allowed', () => {
    expect(access.crossOriginAllowed('https://app.test')).toBe(true);
    for (const origin of [null, 'null', 'https://evil.test', 'http://localhost:1']) {
      expect(access.crossOriginAllowed(origin)).toBe(false);
    }
  });

  it('makes responses vary only when one is allowed', () => {
    expect([access.crossOrigin, createAccess([], []).crossOrigin]).toEqual([true, false]);
  });
});
