import { beforeEach, describe, expect, it } from 'vitest';
import type { HotError } from '../../../../../loader/hot/api.js';
import { ErrorReporter } from '../../../../../loader/hot/errors/reporter.js';

let told: string[];
let due: (() => void)[];
let teller: ErrorReporter;
beforeEach(() => {
  told = [];
  due = [];
  teller = new ErrorReporter(
    (_, callback) => {
      due.push(callback);
      return () => {};
    },
    (text) => told.push(text),
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

/** The time that errors wait is over. */
const pass = () => {
  for (const callback of due.splice(0)) callback();
};

describe('an error', () => {
  it('is told once, with its place and excerpt, and again when it comes back', () => {
    teller.show([placed(1)]);
    pass();
    teller.show([placed(1), placed(2)]);
    pass();
    expect(told).toEqual(['a.mjs:1:2 Error: oops\n1 | oops', 'a.mjs:2:2 Error: oops\n1 | oops']);
    teller.show([]);
    teller.show([placed(1)]);
    pass();
    expect(told).toHaveLength(3);
  });

  it('is told when the server has not explained it meanwhile', () => {
    teller.show([UNPLACED]);
    expect(told).toEqual([]);
    teller.show([]);
    pass();
    expect(told).toEqual([]);
    teller.show([UNPLACED]);
    pass();
    expect(told).toEqual(['a.mjs TypeError: Failed to fetch']);
  });

  it('that is another one each time is told fifty times', () => {
    for (let line = 1; line <= 60; line++) {
      teller.show([placed(line)]);
      pass();
    }
    expect(told).toHaveLength(50);
  });
});
