import type { HeldScript } from './held-page.js';

const IMPORT = 'import';

type Inline = Pick<HeldScript, 'text' | 'at'>;

/**
 * What the server has said of an inline script: line and column of its text, and where it calls `import()`.
 */
const places = (at = ''): number[] => (/^\d+:\d+(?:,\d+)*$/.test(at) ? at.split(/[:,]/).map(Number) : []);

/**
 * An inline script's text as it has to be inserted so that its errors name the right lines: it begins with as
 * many blank lines as precede it in the page.
 *
 * @param first statements to run first. On the first line of the page they take the place of blanks
 */
export function inlineText({ text, at }: Inline, first: string): string {
  const [line = 1, column = 1] = places(at);
  const indent = column - 1;
  return (line > 1 ? first + '\n'.repeat(line - 1) + ' '.repeat(indent) : first.padEnd(indent)) + text;
}

/**
 * Puts a name in place of the keyword in the `import()` calls of an inline script. It is as long, so that
 * columns stay the same.
 */
export function nameImports({ text, at }: Inline): { readonly text: string; readonly name: string } {
  let named = text;
  let number = 100;
  while (text.includes(`$mc${number}`)) number++;
  const name = `$mc${number}`;
  for (const call of places(at).slice(2)) {
    // The page may have been changed on its way.
    if (text.startsWith(IMPORT, call))
      named = named.slice(0, call) + name + named.slice(call + IMPORT.length);
  }
  return { text: named, name };
}
