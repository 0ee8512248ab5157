import { InvalidArgumentError } from 'commander';

/**
 * Parses a regular expression of JavaScript.
 * @returns the text
 * @throws InvalidArgumentError
 */
export function pattern(text: string): string {
  const reason = mistakeIn(text);
  if (reason === undefined) return text;
  throw new InvalidArgumentError(`a regular expression (${reason}).`);
}

/** What is wrong with a regular expression. */
export function mistakeIn(text: string): string | undefined {
  try {
    new RegExp(text);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^.*: (?=[^:]*$)/s, '');
  }
}

/** The expression of a text without mistakes. */
export const compiled = (text: string, ignoreCase: boolean | undefined, flags = ''): RegExp =>
  new RegExp(text, `${flags}${ignoreCase ? 'i' : ''}`);
