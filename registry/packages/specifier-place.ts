import { existsSync, readFileSync } from 'node:fs';
import { excerpt, type Diagnostic } from '../../schema/index.js';
import { position } from '../ingest/syntax.js';
import { escapePattern } from './escape-pattern.js';

/**
 * Where a file on the disk first imports or requires a specifier. Its start where that is not found: what a
 * transform has added is in no file.
 */
export function specifierPlace(
  file: string,
  specifier: string,
): Required<Pick<Diagnostic, 'line' | 'column' | 'frame'>> {
  const source = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const literal = escapePattern(specifier);
  const before = new RegExp(`(?:\\bfrom|\\bimport|\\brequire)\\s*\\(?\\s*(?=["'\`]${literal}["'\`])`);
  const match = before.exec(source);
  const { line, column } = position(source, match === null ? 0 : match.index + match[0].length);
  return { line, column, frame: excerpt(source, line, column) };
}
