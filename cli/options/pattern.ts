import { InvalidArgumentError } from 'commander';

/**
 * Parses a regular expression of JavaScript.
 * @returns the text
 * @throws InvalidArgumentError
 */
export function pattern(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    const reason = (error as Error).message.replace(/^.*: (?=[^:]*$)/s, '');
    throw new InvalidArgumentError(`a regular expression (${reason}).`);
  }
}

/** The expression of a text that `pattern` took. */
export const compiled = (text: string, ignoreCase: boolean | undefined, flags = ''): RegExp =>
  new RegExp(text, `${flags}${ignoreCase ? 'i' : ''}`);
