import { describe, expect, it } from 'vitest';
import { isOwnSandboxedFrame } from '../../../../../registry/http/request/sandboxed-frame.js';

const HOST = 'site.test:4321';

const isOwn = (headers: Record<string, string>) =>
  isOwnSandboxedFrame(new Headers({ Host: HOST, 'Sec-Fetch-Site': 'cross-site', ...headers }));

// As Chromium 156, Firefox 153 and WebKitGTK 2.50 send them.
describe('a sandboxed document of the site (sandboxed-iframe)', () => {
  it.each([
    ['a frame', { Origin: 'null', 'Sec-Fetch-Storage-Access': 'inactive' }],
    [
      'a frame in Firefox',
      { Origin: 'null', 'Sec-Fetch-Storage-Access': 'inactive', Referer: `http://${HOST}/` },
    ],
    ['a top-level one in Firefox', { 'Sec-Fetch-Storage-Access': 'none', Referer: `http://${HOST}/` }],
    ['a frame in WebKit', { Referer: `http://${HOST}/demos/one.html` }],
    ['its module in WebKit', { Origin: 'null', Referer: `http://${HOST}/demos/one?x=a.css` }],
    ['one behind a proxy that ends TLS', { Referer: `https://${HOST}/` }],
  ])('is recognised: %s', (_, headers) => {
    expect(isOwn(headers)).toBe(true);
  });
});

describe('a page of another site', () => {
  it.each([
    ['', { Referer: 'http://evil.test/' }],
    ['without a referrer', { 'Sec-Fetch-Storage-Access': 'none' }],
    ['with third-party cookies allowed', { 'Sec-Fetch-Storage-Access': 'active' }],
    ['sandboxed', { Origin: 'null', 'Sec-Fetch-Storage-Access': 'none' }],
    ['sandboxed, with third-party cookies allowed', { Origin: 'null', 'Sec-Fetch-Storage-Access': 'active' }],
    ['with CORS', { Origin: 'http://evil.test', 'Sec-Fetch-Storage-Access': 'inactive' }],
    ['with CORS and this site as referrer', { Origin: 'http://evil.test', Referer: `http://${HOST}/` }],
    ['through a style sheet of this site', { Referer: `http://${HOST}/imp.css` }],
    ['through an SVG file of this site', { Referer: `http://${HOST}/drawing.svg` }],
    ['with a malformed referrer', { Referer: `http://${HOST}:x/` }],
    ['with a file as referrer', { Referer: `file://${HOST}/a.html` }],
    ['with a name that begins like this host', { Referer: `http://${HOST}.evil.test/` }],
    ['with this host as a user name', { Referer: `http://${HOST}@evil.test/` }],
  ])('is not: %s', (_, headers) => {
    expect(isOwn(headers as Record<string, string>)).toBe(false);
  });
});

it('needs the browser to say that the request is cross-site', () => {
  for (const site of ['same-origin', 'same-site', 'none']) {
    expect(
      isOwn({ 'Sec-Fetch-Site': site, Origin: 'null', 'Sec-Fetch-Storage-Access': 'inactive' }),
      site,
    ).toBe(false);
  }
  expect(isOwnSandboxedFrame(new Headers({ Host: HOST, Referer: `http://${HOST}/` }))).toBe(false);
});
