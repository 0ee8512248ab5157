import { InvalidArgumentError } from 'commander';
import { ModcastError } from '../../schema/index.js';

/** Lines of a file, from 1, both included. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Parses the lines of `git blame -L`: `10,20`, `10,+5` (five lines), `20,-5` (the five up to it), `10,`,
 * `,20`; `10` alone ends with the file.
 * @throws InvalidArgumentError
 */
export function lineRange(text: string): LineRange {
  const [, from, sign, to] = /^(\d{0,9})(?:,([+-]?)(\d{0,9}))?$/.exec(text) ?? [];
  const start = Number(from || 1);
  const count = Number(to);
  if (
    from === undefined ||
    text === '' ||
    text === ',' ||
    start === 0 ||
    (sign && !to) ||
    (to && count === 0)
  )
    throw new InvalidArgumentError('lines like 10,20 or 10,+5 or 10, (from 1).');
  if (sign === '+') return { start, end: start + count - 1 };
  if (sign === '-') return { start: Math.max(1, start - count + 1), end: start };
  // As in git, the ends may be given in either order.
  const end = to ? count : Infinity;
  return { start: Math.min(start, end), end: Math.max(start, end) };
}

/** @throws ModcastError `option-invalid`: the file ends before */
export function selectLines<T>(lines: readonly T[], { start, end }: LineRange, path: string): T[] {
  if (start <= lines.length || (lines.length === 0 && start === 1)) return lines.slice(start - 1, end);
  const expected = `a line up to ${lines.length}`;
  throw new ModcastError('option-invalid', `-L: ${path} has only ${lines.length} lines`, {
    expected,
    found: start,
  });
}
