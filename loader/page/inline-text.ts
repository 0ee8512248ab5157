import type { HeldScript } from './held-page.js';

/**
 * An inline script's text as it has to be inserted so that its errors name the right lines: it begins with as
 * many blank lines as precede it in the page.
 *
 * @param first statements to run first. On the first line of the page they take the place of blanks
 */
export function inlineText({ text, at = '' }: HeldScript, first: string): string {
  const [line = 1, column = 1] = /^\d+:\d+$/.test(at) ? at.split(':').map(Number) : [];
  const indent = column - 1;
  return (line > 1 ? first + '\n'.repeat(line - 1) + ' '.repeat(indent) : first.padEnd(indent)) + text;
}
