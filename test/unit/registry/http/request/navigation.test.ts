import { expect, it } from 'vitest';
import { isNavigation, navigationHeaders } from '../../../../../registry/http/request/navigation.js';

const CHROMIUM =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';
const FIREFOX = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const TURBO = 'text/html, application/xhtml+xml';

/** Requests as browsers, libraries and tools send them. */
const CASES: readonly (readonly [what: string, headers: Record<string, string>, isPage: boolean])[] = [
  ['a page', { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate', Accept: CHROMIUM }, true],
  ['a page, whatever it accepts', { 'Sec-Fetch-Dest': 'document', Accept: '*/*' }, true],
  ['a page with no Accept', { 'Sec-Fetch-Dest': 'document' }, true],
  ['an iframe', { 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Mode': 'navigate', Accept: FIREFOX }, true],
  ['a frame of a frameset', { 'Sec-Fetch-Dest': 'frame', Accept: FIREFOX }, true],
  ['a speculative prerender', { 'Sec-Fetch-Dest': 'document', 'Sec-Purpose': 'prefetch;prerender' }, true],
  ['fetch', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', Accept: '*/*' }, false],
  ['fetch that asks for HTML', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', Accept: TURBO }, false],
  [
    'fetch in same-origin mode',
    { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'same-origin', Accept: TURBO },
    false,
  ],
  [
    'a prefetch link',
    { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Purpose': 'prefetch', Accept: CHROMIUM },
    false,
  ],
  ['a download in Chromium', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'navigate' }, false],
  [
    'a navigation that a service worker in Chromium passes on',
    { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'navigate', Accept: CHROMIUM },
    true,
  ],
  [
    'a navigation that a service worker in Firefox passes on',
    { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'same-origin', Accept: FIREFOX },
    true,
  ],
  [
    'jQuery in same-origin mode',
    {
      'Sec-Fetch-Dest': 'empty',
      'Sec-Fetch-Mode': 'same-origin',
      Accept: 'text/html, */*; q=0.01',
      'X-Requested-With': 'XMLHttpRequest',
    },
    false,
  ],
  ['an object', { 'Sec-Fetch-Dest': 'object', 'Sec-Fetch-Mode': 'navigate', Accept: CHROMIUM }, false],
  ['an embed', { 'Sec-Fetch-Dest': 'embed', 'Sec-Fetch-Mode': 'navigate', Accept: CHROMIUM }, false],
  ['a fenced frame', { 'Sec-Fetch-Dest': 'fencedframe', Accept: CHROMIUM }, false],
  ['a script', { 'Sec-Fetch-Dest': 'script', Accept: '*/*' }, false],
  ['a destination that does not exist', { 'Sec-Fetch-Dest': 'Document', Accept: CHROMIUM }, false],
  ['two destinations', { 'Sec-Fetch-Dest': 'document, empty', Accept: CHROMIUM }, false],
  ['an empty destination', { 'Sec-Fetch-Dest': '', Accept: CHROMIUM }, false],
  ['a browser at an insecure origin', { Accept: FIREFOX }, true],
  ['an old browser', { Accept: 'application/xhtml+xml,text/html;q=0.9,*/*;q=0.5' }, true],
  ['a client that wants HTML', { Accept: 'text/html' }, true],
  ['HTML in other case, with spaces', { Accept: ' Text/HTML ; Q=0.9 , */* ; q=0.1' }, true],
  ['curl', { Accept: '*/*' }, false],
  ['no headers', {}, false],
  ['HTML second', { Accept: 'application/json, text/html' }, false],
  ['HTML with a lower weight', { Accept: 'text/html;q=0.5, application/json' }, false],
  ['HTML with no weight left', { Accept: 'text/html;q=0' }, false],
  ['a weight that is no number', { Accept: 'text/html;q=x' }, false],
  ['jQuery', { Accept: 'text/html, */*; q=0.01', 'X-Requested-With': 'XMLHttpRequest' }, false],
  ['Turbo', { Accept: TURBO, 'X-Turbo-Request-Id': '1' }, false],
  ['Turbolinks', { Accept: TURBO, 'Turbolinks-Referrer': 'http://localhost/' }, false],
  ['a Turbo frame', { Accept: TURBO, 'Turbo-Frame': 'cart' }, false],
  ['pjax', { Accept: 'text/html, */*; q=0.01', 'X-PJAX': 'true' }, false],
  ['htmx', { Accept: 'text/html', 'HX-Request': 'true' }, false],
  ['Unpoly', { Accept: 'text/html', 'X-Up-Version': '3.8.0' }, false],
  ['Barba', { Accept: 'text/html,application/xhtml+xml,application/xml', 'X-Barba': 'yes' }, false],
  ['Swup', { Accept: TURBO, 'X-Requested-With': 'swup' }, false],
  ['an Android WebView', { Accept: CHROMIUM, 'X-Requested-With': 'org.example.app' }, true],
];

it.each(CASES)('tells for %s whether it becomes a document', (_, headers, isPage) => {
  expect(isNavigation(new Headers(headers))).toBe(isPage);
});

it('names every header that it reads', () => {
  const read = new Set<string>();
  const spy = (headers: Headers) =>
    new Proxy(headers, {
      get: (target, method: 'get' | 'has') => (name: string) => {
        read.add(name);
        return target[method](name);
      },
    });
  for (const [, headers] of CASES) isNavigation(spy(new Headers(headers)));
  expect([...read].toSorted()).toEqual(navigationHeaders(new Headers()).split(', ').toSorted());
});

it('names no header that a service worker sees, so that its stored pages match navigations', () => {
  const headers = new Headers({ 'Sec-Fetch-Dest': 'document', Accept: 'text/html' });
  expect(navigationHeaders(headers)).toBe('Sec-Fetch-Dest, Sec-Fetch-Mode');
});
