import type { Diagnostic } from '../../schema/index.js';
import type { Colours } from '../io.js';
import { printable } from './text.js';

/** One problem of a file: its kind, place and message, then the lines around the place. */
export function diagnosticText(
  { path, kind, severity, message, line, column, frame }: Diagnostic,
  colours: Colours,
): string {
  const { bold, red, yellow } = colours;
  const name = printable(path);
  if (kind === 'skipped') return `${yellow('left out')} ${bold(name)}: ${printable(message)}`;
  const label = severity === 'error' ? red(kind) : yellow('warning');
  const place = line === undefined ? name : `${name}:${line}:${column}`;
  const text = severity === 'warning' && kind === 'importmap' ? `import map: ${message}` : message;
  return [`${label} ${bold(place)} ${printable(text)}`, ...frameLines(frame, colours)].join('\n');
}

/** The lines around a place, indented below a message, with the marked line highlighted. */
export function frameLines(frame: string | undefined, { dim, red }: Colours): string[] {
  const lines = frame?.split('\n') ?? [];
  const caret = lines.findIndex((line) => /^ +\| *\s*\^$/.test(line));
  return lines
    .filter((line, index) => index <= caret || !/\| *$/.test(line))
    .map((line, index) => {
      const text = `         ${line.split('\t').map(printable).join('\t')}`.trimEnd();
      return index === caret ? red(text) : index === caret - 1 ? text : dim(text);
    });
}
