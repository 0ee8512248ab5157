import { beforeEach, describe, expect, it } from 'vitest';
import type { HotError } from '../../../../../loader/hot/api.js';
import { ErrorReporter } from '../../../../../loader/hot/errors/reporter.js';

let reported: string[];
let due: (() => void)[];
let reporter: ErrorReporter;
beforeEach(() => {
  reported = [];
  due = [];
  reporter = new ErrorReporter(
    (_, callback) => {
      due.push(callback);
      return () => {};
    },
    (text) => reported.push(text),
  );
});

const placed = (line: number): HotError => ({
  message: 'Error: oops',
  stack: '',
  id: 'a.mjs',
  loc: { file: 'a.mjs', line, column: 2 },
  frame: '1 | oops',
});
const UNPLACED: HotError = { message: 'TypeError: Failed to fetch', stack: '', id: 'a.mjs' };

/** The waiting time of errors is over. */
const pass = () => {
  for (const callback of due.splice(0)) callback();
};

describe('an error', () => {
  it('is reported once, with its place and excerpt, and again when it comes back', () => {
    reporter.show([placed(1)]);
    pass();
    reporter.show([placed(1), placed(2)]);
    pass();
    expect(reported).toEqual(['a.mjs:1:2 Error: oops\n1 | oops', 'a.mjs:2:2 Error: oops\n1 | oops']);
    reporter.show([]);
    reporter.show([placed(1)]);
    pass();
    expect(reported).toHaveLength(3);
  });

  it('is reported when the server does not explain it in time', () => {
    reporter.show([UNPLACED]);
    expect(reported).toEqual([]);
    reporter.show([]);
    pass();
    expect(reported).toEqual([]);
    reporter.show([UNPLACED]);
    pass();
    expect(reported).toEqual(['a.mjs TypeError: Failed to fetch']);
  });

  it('that differs each time is reported fifty times', () => {
    for (let line = 1; line <= 60; line++) {
      reporter.show([placed(line)]);
      pass();
    }
    expect(reported).toHaveLength(50);
  });
});
