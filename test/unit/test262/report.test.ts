import { describe, expect, it } from 'vitest';
import { KNOWN_DIFFERENCES } from '../../test262/known-differences.js';
import { readOptions } from '../../test262/options.js';
import { newDifferences, reportOf, reportText } from '../../test262/report.js';
import type { Scenario } from '../../test262/suite.js';
import { describeRun, isPassed, signature, type Seen } from '../../test262/verdict.js';

const base = { file: 'test/x/a.js', flags: [], includes: [], negative: null };
const script: Scenario = { ...base, mode: 'sloppy' };
const asyncScript: Scenario = { ...base, flags: ['async'], mode: 'sloppy' };
const module: Scenario = { ...base, flags: ['module'], mode: 'module' };
const negative: Scenario = { ...module, negative: 'SyntaxError' };

const error = (name: string, message = 'x') => ({ name, message });
const seen = (given: Partial<Exclude<Seen, null | 'hangs'>>): Seen => ({
  printed: null,
  errors: [],
  imported: null,
  ...given,
});
const COMPLETE = 'Test262:AsyncTestComplete';
const FAILURE = 'Test262:AsyncTestFailure:TypeError: at https://site/a.js';

describe('a test', () => {
  it.each<[string, Scenario, Seen, boolean]>([
    ['passes as a script without errors', script, seen({}), true],
    ['fails as a script that throws', script, seen({ errors: [error('Error')] }), false],
    ['passes as a module that is fulfilled', module, seen({ imported: 'fulfilled' }), true],
    ['fails as a module that does not end', module, null, false],
    ['fails as a module that hangs the browser', negative, 'hangs', false],
    ['fails as a module whose import fails', module, seen({ imported: error('TypeError') }), false],
    [
      'fails as a module with an error of another script',
      module,
      seen({ imported: 'fulfilled', errors: [error('Error')] }),
      false,
    ],
    ['passes when it says so', asyncScript, seen({ printed: COMPLETE }), true],
    ['fails when it says so', asyncScript, seen({ printed: FAILURE }), false],
    ['fails when it throws before it says anything', asyncScript, seen({ errors: [error('Error')] }), false],
    [
      'passes with the expected error',
      negative,
      seen({ imported: error('SyntaxError'), errors: [error('SyntaxError')] }),
      true,
    ],
    [
      'passes with the expected error of a module that is imported nevertheless',
      negative,
      seen({ imported: 'fulfilled', errors: [error('SyntaxError')] }),
      true,
    ],
    ['fails with another error', negative, seen({ imported: error('TypeError') }), false],
    ['fails without the expected error', negative, seen({ imported: 'fulfilled' }), false],
    [
      'passes as a script with the expected error',
      { ...script, negative: 'SyntaxError' },
      seen({ errors: [error('SyntaxError')] }),
      true,
    ],
  ])('%s', (_name, scenario, observation, passed) => {
    expect(isPassed(scenario, observation)).toBe(passed);
  });
});

describe('two runs of a test', () => {
  const same = (a: Seen, b: Seen, scenario = module) => signature(scenario, a) === signature(scenario, b);
  const fulfilled = seen({ imported: 'fulfilled' });

  it('are the same whatever the messages say', () => {
    const failed = (message: string) =>
      seen({ imported: error('TypeError', message), errors: [error('TypeError', message)] });
    expect(same(failed('a'), failed('b'))).toBe(true);
    expect(
      same(seen({ printed: FAILURE }), seen({ printed: FAILURE.replace('https', 'data') }), asyncScript),
    ).toBe(true);
  });

  it('differ in how they end, in the kind of an error, and in how often it is reported', () => {
    const once = seen({ imported: error('TypeError'), errors: [error('TypeError')] });
    const others: Seen[] = [
      null,
      'hangs',
      fulfilled,
      seen({ imported: error('SyntaxError'), errors: [error('TypeError')] }),
      seen({ imported: error('TypeError'), errors: [error('SyntaxError')] }),
      seen({ imported: error('TypeError') }),
      seen({ imported: error('TypeError'), errors: [error('TypeError'), error('TypeError')] }),
    ];
    for (const other of others) expect(same(once, other)).toBe(false);
    expect(same(null, 'hangs')).toBe(false);
    expect(same('hangs', 'hangs')).toBe(true);
    expect(same(seen({ printed: FAILURE }), seen({ printed: COMPLETE }), asyncScript)).toBe(false);
  });

  it('are the same if an asynchronous module ends before or after its import()', () => {
    const asyncModule: Scenario = { ...module, flags: ['module', 'async'] };
    const printed = seen({ printed: COMPLETE });
    expect(same(printed, seen({ printed: COMPLETE, imported: 'fulfilled' }), asyncModule)).toBe(true);
    const reported = seen({ errors: [error('TypeError')] });
    expect(same(reported, seen({ imported: error('TypeError') }), asyncModule)).toBe(true);
    expect(same(reported, seen({ imported: error('Error') }), asyncModule)).toBe(false);
    expect(same(printed, null, asyncModule)).toBe(false);
  });

  it('are described with all that was seen', () => {
    expect(describeRun(module, null)).toBe('does not end');
    expect(describeRun(module, 'hangs')).toBe('hangs the browser');
    expect(describeRun(module, fulfilled)).toBe('passes');
    expect(
      describeRun(module, seen({ imported: error('TypeError', 'a'), errors: [error('Error', 'b')] })),
    ).toBe('fails, reports Error: b, import() fails with TypeError: a');
    expect(describeRun(asyncScript, seen({ printed: FAILURE }))).toBe(`fails, prints ${FAILURE}`);
  });
});

describe('the report of an engine', () => {
  const passes = seen({ imported: 'fulfilled' });
  const runs = [
    { scenario: { ...module, file: 'test/x/known.js' }, native: passes, modcast: null },
    { scenario: { ...module, file: 'test/x/new.js' }, native: passes, modcast: null },
    { scenario: { ...module, file: 'test/x/same.js' }, native: passes, modcast: passes },
  ];
  const known = [{ test: /known\.js$/, engines: ['Firefox' as const], reason: 'the engine cannot' }];

  it('counts, and tells known differences from new ones', () => {
    const report = reportOf('Firefox', runs, 61.4, known);
    expect(report).toMatchObject({ runs: 3, passed: { native: 3, modcast: 1 } });
    expect(newDifferences(report).map(({ test }) => test)).toEqual(['test/x/new.js']);
    expect(reportText(report)).toBe(
      `Firefox: 3 runs in 61 s: 3 pass natively, 1 through modcast; 2 differ: 1 known, 1 new

  known  test/x/known.js (module)
    natively: passes
    modcast:  does not end
    because:  the engine cannot

  new    test/x/new.js (module)
    natively: passes
    modcast:  does not end
`,
    );
  });

  it('knows a difference only for the engines that have it', () => {
    expect(newDifferences(reportOf('WebKit', runs, 1, known))).toHaveLength(2);
  });

  it('gives a reason for each known difference', () => {
    for (const { engines, reason } of KNOWN_DIFFERENCES) {
      expect(engines).not.toEqual([]);
      expect(reason).not.toBe('');
    }
  });
});

describe('the options', () => {
  it('name the suite, the engines and a filter', () => {
    const { engines, ...rest } = readOptions(['--suite', 's', '--engine', 'WebKit, chromium', '--json']);
    expect(rest).toEqual({ suite: 's', filter: '', timeout: 10_000, json: true });
    expect(engines.map(({ name }) => name)).toEqual(['Chromium', 'WebKit']);
    expect(readOptions(['--suite', 's', '--filter', 'a', '--timeout', '2.5'])).toMatchObject({
      filter: 'a',
      timeout: 2500,
    });
  });

  it('fail with what is wrong', () => {
    expect(() => readOptions([])).toThrow('--suite is missing');
    expect(() => readOptions(['--suite', 's', '--engine', 'opera'])).toThrow(
      '--engine does not accept “opera”. Valid values: chromium, firefox, webkit.',
    );
    for (const timeout of ['0', 'soon', '1e3'])
      expect(() => readOptions(['--suite', 's', '--timeout', timeout])).toThrow(
        `--timeout does not accept “${timeout}”.`,
      );
    expect(() => readOptions(['--sweet', 's'])).toThrow('--sweet');
  });
});
