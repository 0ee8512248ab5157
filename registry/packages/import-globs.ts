import path from 'node:path';
import { parse } from 'es-module-lexer';
import type { Path } from '../../schema/index.js';
import { escapePattern } from './escape-pattern.js';

/**
 * The paths that computed imports of a module can mean, as far as its text shows:
 * `import(`./pieces/${name}.js`)` is each script in `pieces`.
 *
 * @returns a pattern for each, without those that begin with an expression
 */
export function importGlobs(importer: Path, source: string): RegExp[] {
  let specifiers: (string | undefined)[];
  try {
    specifiers = parse(source)[0].map((one) =>
      one.type === 'dynamic' && one.glob ? one.specifier : undefined,
    );
  } catch {
    return [];
  }
  return specifiers.flatMap((specifier) => {
    if (specifier === undefined || !/^(?:\/|\.{1,2}\/)/.test(specifier)) return [];
    const from = specifier.startsWith('/') ? '' : path.posix.dirname(importer);
    const parts = path.posix.join(from, specifier).replace(/^\//, '').split('*');
    const escaped = parts.map((part) => escapePattern(part));
    return [new RegExp(`^${escaped.join('.*')}$`)];
  });
}
