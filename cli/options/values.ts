import { InvalidArgumentError } from 'commander';

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
