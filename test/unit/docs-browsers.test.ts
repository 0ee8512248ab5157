import { expect, it } from 'vitest';
import { readTests, resultsOf } from '../../docs/build-browsers.mjs';

const result = (place: string, ancestorTitles: string[], status = 'passed', meta = {}) => ({
  name: `/somewhere/test/browser/${place}`,
  assertionResults: [{ ancestorTitles, status, meta }],
});

const REPORT = {
  testResults: [
    result('parity/chromium.test.ts', ['Chromium:', 'a']),
    result('parity/firefox.test.ts', ['Firefox:', 'a'], 'passed', { knownDifference: 'it counts otherwise' }),
    result('parity/firefox.test.ts', ['Firefox:', 'b'], 'passed', { knownDifference: 'it counts otherwise' }),
    result('parity/firefox.test.ts', ['Firefox:', 'c'], 'passed', { openDifference: true }),
    result('parity/webkit.test.ts', ['WebKit:', 'a'], 'passed', { knownDifference: 'it counts otherwise' }),
    result('parity/webkit.test.ts', ['WebKit:', 'b'], 'failed'),
    result('parity/webkit.test.ts', ['WebKit:', 'c'], 'skipped'),
    result('hot/page.test.ts', ['WebKit:', 'x']),
    result('api.test.ts', ['no engine']),
    { name: '/somewhere/test/unit/x.test.ts', assertionResults: [] },
  ],
};

it('counts the tests of each suite in each engine', () => {
  const lines = resultsOf(readTests(REPORT)).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '| suite | Chromium | Firefox | WebKit |',
    '| --- | --- | --- | --- |',
    '| Parity with the native page | 1 same | 0 same, 2 known differences, 1 to be repaired | ' +
      '0 same, 1 known difference, 1 failed |',
  ]);
  expect(lines).toContain('| Hot reload | not run | not run | 1 passed |');
});

it('lists the known differences by their reasons, with the engines and fixtures', () => {
  expect(resultsOf(readTests(REPORT))).toContain('| it counts otherwise | Firefox, WebKit | `a`, `b` |');
});
