import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fileResponse,
  keptHeaders,
  mayKeep,
  policyHeaders,
  typeHeader,
} from '../../../../loader/service-worker/responses.js';

const BYTES = new Uint8Array([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);

const TAG = '"abc"';

const answer = (range?: string, more: Record<string, string> = {}) =>
  fileResponse(
    new Request('https://host.test/a', {
      headers: { ...(range === undefined ? {} : { Range: range }), ...more },
    }),
    BYTES,
    [['Content-Type', 'image/png']],
    TAG,
  );

const bytesOf = async (response: Response) => [...new Uint8Array(await response.arrayBuffer())];

describe('a file', () => {
  it('comes whole', async () => {
    const response = answer();
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('image/png');
    expect(response.headers.get('Content-Length')).toBe('10');
    expect(await bytesOf(response)).toEqual([...BYTES]);
  });

  it.each([
    ['bytes=0-3', 'bytes 0-3/10', [10, 11, 12, 13]],
    ['bytes=8-', 'bytes 8-9/10', [18, 19]],
    ['bytes=-3', 'bytes 7-9/10', [17, 18, 19]],
    ['bytes=-99', 'bytes 0-9/10', [...BYTES]],
    ['bytes=5-99', 'bytes 5-9/10', [15, 16, 17, 18, 19]],
    ['bytes=4-4', 'bytes 4-4/10', [14]],
  ])('comes in part for %s', async (range, content, expected) => {
    const response = answer(range);
    expect(response.status).toBe(206);
    expect(response.headers.get('Content-Range')).toBe(content);
    expect(await bytesOf(response)).toEqual(expected);
  });

  it.each(['bytes=5-2', 'bytes=-', 'bytes=0-1,4-5', 'items=0-1', 'bytes=a-b'])(
    'comes whole for %s',
    (range) => {
      expect(answer(range).status).toBe(200);
    },
  );

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('has nothing for %s', async (range) => {
    const response = answer(range);
    expect(response.status).toBe(416);
    expect(response.headers.get('Content-Range')).toBe('bytes */10');
    expect(await bytesOf(response)).toEqual([]);
  });

  it.each([
    [TAG, 304],
    [`W/${TAG}`, 304],
    [`"x", ${TAG}`, 304],
    ['"x"', 200],
  ])('is asked for unless it is %s: %i', (known, status) => {
    const response = answer(undefined, { 'If-None-Match': known });
    expect(response.status).toBe(status);
    expect(response.headers.get('ETag')).toBe(TAG);
  });

  it('comes whole where a part of another version is asked for', () => {
    expect(answer('bytes=0-1', { 'If-Range': '"x"' }).status).toBe(200);
    expect(answer('bytes=0-1', { 'If-Range': TAG }).status).toBe(206);
  });

  it('has for any range the bytes that it names', async () => {
    const size = fc.integer({ min: 0, max: 20 });
    await fc.assert(
      fc.asyncProperty(size, size, async (first, last) => {
        const response = answer(`bytes=${first}-${last}`);
        const expected = { 200: [...BYTES], 206: [...BYTES.slice(first, last + 1)], 416: [] }[
          response.status
        ];
        expect(await bytesOf(response)).toEqual(expected);
      }),
    );
  });
});

it.each([
  ['as it is', {}, true],
  ['that is private', { 'Cache-Control': 'private, max-age=0' }, true],
  ['that must not be stored', { 'Cache-Control': 'private, no-store' }, false],
])('a response %s may be kept: %s', (_, headers, expected) => {
  expect(mayKeep(new Response('', { headers }))).toBe(expected);
});

it('a stored response keeps its headers, except those of its transfer', () => {
  const headers = {
    'Content-Type': 'text/html',
    'Content-Encoding': 'gzip',
    'Content-Length': '3',
    Date: 'now',
    'Content-Security-Policy': "script-src 'self'",
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Modcast-Page': 'x',
  };
  const kept = keptHeaders(new Response('abc', { headers }));
  expect(kept.map(([name]) => name).toSorted()).toEqual([
    'content-security-policy',
    'content-type',
    'cross-origin-embedder-policy',
    'modcast-page',
  ]);
  expect(policyHeaders(kept)).toEqual([
    ['content-security-policy', "script-src 'self'"],
    ['cross-origin-embedder-policy', 'require-corp'],
  ]);
});

it.each([
  ['text/plain', 'text/plain; charset=utf-8'],
  ['text/html', 'text/html; charset=utf-8'],
  ['text/css', 'text/css'],
  ['text/javascript', 'text/javascript'],
  ['image/png', 'image/png'],
])('the type %s is sent as %s', (type, expected) => {
  expect(typeHeader(type)).toBe(expected);
});

it.each([
  ['text/html', '<!doctype html><meta charset="iso-8859-1">', 'text/html'],
  ['text/html', '<meta http-equiv=Content-Type content="text/html; charset=euc-jp">', 'text/html'],
  ['text/html', '<!doctype html>', 'text/html; charset=utf-8'],
  ['text/html', `${' '.repeat(1024)}<meta charset="iso-8859-1">`, 'text/html; charset=utf-8'],
  ['text/plain', '<meta charset="iso-8859-1">', 'text/plain; charset=utf-8'],
])('a page that declares its encoding gets no other one: %s %j', (type, text, expected) => {
  expect(typeHeader(type, new TextEncoder().encode(text))).toBe(expected);
});
