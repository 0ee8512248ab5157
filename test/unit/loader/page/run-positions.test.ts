import { expect, it, vi } from 'vitest';
import { correctRunPlace, withoutRuns } from '../../../../loader/page/run-positions.js';

/** A map from each line of a run to the same line of its only member. */
const mapOf = (source: string) => JSON.stringify({ sources: [source], mappings: 'AAAA;AACA' });

it('tells the place of an error, where Firefox and WebKit do', () => {
  const run = `https://site/-/runs/${'a'.repeat(64)}/main.mjs`;
  const natural = (text: string) =>
    text.replace('blob:1', run).replace(`${run}:9:4`, 'https://site/a.mjs:2:3');
  const inFirefox = { fileName: run, lineNumber: 9, columnNumber: 4 };
  const fromBlob = { fileName: 'blob:1', lineNumber: 9, columnNumber: 4 };
  const inWebKit = { sourceURL: run, line: 9, column: 4 };
  const single = { fileName: 'https://site/b.mjs', lineNumber: 9, columnNumber: 4 };
  const errors = [inFirefox, fromBlob, inWebKit, single, { name: 'Error' }];
  for (const error of errors) correctRunPlace(error, natural);
  expect(errors).toEqual([
    { fileName: 'https://site/a.mjs', lineNumber: 2, columnNumber: 3 },
    { fileName: 'https://site/a.mjs', lineNumber: 2, columnNumber: 3 },
    { sourceURL: 'https://site/a.mjs', line: 2, column: 3 },
    single,
    { name: 'Error' },
  ]);
});

it.each([
  ['../../', 'https://host/-/runs'],
  ['../../../', 'https://host/app/a/b/runs'],
])('names modules below the site’s root, from a map that reaches it by %s', (toSite, runs) => {
  const asked: string[] = [];
  class Request {
    responseText = mapOf(`${toSite}lib/%C3%A4.mjs`);
    open = (_: string, url: string) => asked.push(url);
    send = () => {};
  }
  vi.stubGlobal('XMLHttpRequest', Request);
  const map = `${runs}/${'a'.repeat(64)}`;
  const text = withoutRuns('https://site/app/', `Error: no\n    at f (${map}/lib/main.mjs:2:7)`);
  expect(text).toBe('Error: no\n    at f (https://site/app/lib/%C3%A4.mjs:2:7)');
  expect(asked).toEqual([`${map}.map`]);
});
