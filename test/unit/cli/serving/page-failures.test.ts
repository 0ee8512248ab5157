import { expect, it } from 'vitest';
import { PageFailures } from '../../../../cli/serving/page-failures.js';

const failure = (message: string, deploy = 1) => ({ deploy, stage: 'module', message });

it('prints each failure once for a deploy, whatever comes between', () => {
  const failures = new PageFailures();
  expect(failures.take(failure('a'))).toBe(true);
  expect(failures.take(failure('b', 2))).toBe(true);
  expect(failures.take(failure('a'))).toBe(false);
  expect(failures.take(failure('b', 2))).toBe(false);
  expect(failures.take(failure('a', 2))).toBe(true);
});

it('keeps and prints 200 at most until the next deploy', () => {
  const failures = new PageFailures();
  const taken = Array.from({ length: 1000 }, (_, i) => failures.take(failure(`${i}`)));
  expect(taken.map((one, i) => [one, i]).filter(([one]) => one === 'last')).toEqual([['last', 199]]);
  expect(taken.slice(200).every((one) => !one)).toBe(true);
  failures.forget();
  expect(failures.take(failure('0'))).toBe(true);
});
