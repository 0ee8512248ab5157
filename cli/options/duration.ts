import { InvalidArgumentError } from 'commander';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000],
]);

/**
 * Parses a duration: `90d`, `12h`, `30m`, `45s`, `2w` or `0`.
 * @returns milliseconds
 * @throws InvalidArgumentError
 */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (text === '0') return 0;
  if (digits === undefined) throw new InvalidArgumentError('a number and s, m, h, d or w, like 90d.');
  return Number(digits) * UNITS.get(unit!)!;
}
