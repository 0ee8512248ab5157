import { expect, it } from 'vitest';
import { MODULE_URLS } from '../../../../loader/linking/module-url.js';

const BLOB = 'blob:http://127.0.0.1:41234/5ffac535-5c25-4d4b-b7dc-a1d12ae7369c';
const DATA = 'data:text/javascript;modcast=12;base64,aW1w+/b3J0==';

it.each([
  ['alone', 'U', 'N'],
  [
    'in quotes',
    "The requested module 'U' doesn't provide an export",
    "The requested module 'N' doesn't provide an export",
  ],
  ['before a colon', 'U: invalid module type', 'N: invalid module type'],
  ['before a place', 'at f (U:12:3)', 'at f (N:12:3)'],
  ['before a place, as Firefox writes it', 'f@U:12:3\ng@U:1:1', 'f@N:12:3\ng@N:1:1'],
  ['in evaluated code', '@U line 19 > eval:2:8', '@N line 19 > eval:2:8'],
])('finds a module’s URL %s', (_, text, expected) => {
  for (const url of [BLOB, DATA]) expect(text.replaceAll('U', url).replace(MODULE_URLS, 'N')).toBe(expected);
});

it.each(['http://host/lib/a.mjs', 'data:text/javascript,1', 'http://host/modules/abc/a.mjs', 'a blob: URL'])(
  'leaves other text: %s',
  (text) => {
    expect(text.replace(MODULE_URLS, 'N')).toBe(text);
  },
);
