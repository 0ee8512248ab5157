import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contentType,
  isJavaScriptType,
  mediaType,
  moduleKind,
} from '../../../../registry/content/media-type.js';

describe('mediaType', () => {
  it.each([
    ['lib/disk.mjs', 'text/javascript'],
    ['a.js', 'text/javascript'],
    ['A.JS', 'text/javascript'],
    ['a.min.js', 'text/javascript'],
    ['data.json', 'application/json'],
    ['a.css', 'text/css'],
    ['a.wasm', 'application/wasm'],
    ['index.html', 'text/html'],
    ['logo.svg', 'image/svg+xml'],
    ['a.js.unheard-of', 'application/octet-stream'],
    ['LICENSE', 'application/octet-stream'],
    ['js', 'application/octet-stream'],
    ['dir.js/file', 'application/octet-stream'],
    ['a.', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['a.__proto__', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ])('of %s is %s', (path, type) => {
    expect(mediaType(path)).toBe(type);
  });

  it('is a media type without parameters for any path', () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        expect(mediaType(path)).toMatch(/^[\w.+-]+\/[\w.+-]+$/);
      }),
    );
  });
});

describe('contentType', () => {
  it.each([
    ['a.mjs', 'text/javascript'],
    ['a.js', 'text/javascript'],
    ['a.css', 'text/css'],
    ['a.txt', 'text/plain; charset=utf-8'],
    ['a.md', 'text/markdown; charset=utf-8'],
    ['a.html', 'text/html; charset=utf-8'],
    ['a.json', 'application/json'],
    ['a.wasm', 'application/wasm'],
    ['a.png', 'image/png'],
    ['a.svg', 'image/svg+xml'],
    ['a.xml', 'text/xml'],
  ])('of %s is %s', (path, type) => {
    expect(contentType(path)).toBe(type);
  });
});

describe('moduleKind', () => {
  it.each([
    ['text/javascript', 'javascript'],
    ['Application/X-JavaScript ; charset=utf-8', 'javascript'],
    ['application/json', 'json'],
    ['text/json', 'json'],
    ['application/manifest+json;x=y', 'json'],
    ['text/css;charset=utf-8', 'css'],
    ['application/wasm', undefined],
    ['text/css2', undefined],
    ['application/json5', undefined],
    ['+json', undefined],
    ['text/html', undefined],
    ['', undefined],
  ])('of %s is %s', (type, kind) => {
    expect(moduleKind(type)).toBe(kind);
  });
});

it('knows all sixteen types of JavaScript and no others', () => {
  const sixteen = [
    ...['ecmascript', 'javascript', 'x-ecmascript', 'x-javascript'].flatMap((t) => [
      `application/${t}`,
      `text/${t}`,
    ]),
    ...['0', '1', '2', '3', '4', '5'].map((minor) => `text/javascript1.${minor}`),
    'text/jscript',
    'text/livescript',
  ];
  expect(sixteen).toHaveLength(16);
  expect(sixteen.filter((type) => !isJavaScriptType(type))).toEqual([]);
  expect(
    ['text/javascript1.6', 'application/jscript', 'text/x-jscript', 'text/javascriptx', ''].filter(
      isJavaScriptType,
    ),
  ).toEqual([]);
});
