import { InvalidArgumentError } from 'commander';
import { TIME_EXAMPLES, parseTime } from '../../registry/history/when.js';
import type { Io } from '../io.js';

/** Parses a whole number. @throws InvalidArgumentError unless `least` ≤ number ≤ `most` */
export function wholeNumber({ least = 0, most = Infinity } = {}) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < least || value > most) {
      const limits = most < Infinity ? ` up to ${most}` : least > 0 ? ` above ${least - 1}` : '';
      throw new InvalidArgumentError(`a whole number${limits}.`);
    }
    return value;
  };
}

/** Parses a time, to milliseconds since 1970. @throws InvalidArgumentError */
export function timeValue(io: Pick<Io, 'now'>) {
  return (text: string): number => {
    const time = parseTime(text, io.now());
    if (time === undefined) throw new InvalidArgumentError(`a time such as ${TIME_EXAMPLES}.`);
    return time;
  };
}

/** A URL path with the slash at its end, which `/site` lacks. */
export const withSlash = (text: string): string => (text.endsWith('/') ? text : `${text}/`);

/** A URL path with both slashes, which `site` lacks. */
export const withSlashes = (text: string): string => withSlash(text.startsWith('/') ? text : `/${text}`);

/** Collects the values of an option that may be given more than once. */
export const repeated = (value: string, list: string[] = []): string[] => [...list, value];

/** @throws InvalidArgumentError */
export function offlineMode(what: string): string {
  if (what === 'used' || what === 'all') return what;
  throw new InvalidArgumentError('used or all (a directory comes before --offline)');
}
