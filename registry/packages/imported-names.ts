import { escapePattern } from './escape-pattern.js';

/**
 * The names that a source imports or exports again from a module, by its text: `import { a, b as c } from
 * 'specifier'`. What looks like an import in a string or comment may add a name, which does no harm.
 */
export function importedNames(source: string, specifier: string): string[] {
  const literal = escapePattern(specifier);
  const clause = new RegExp(`\\{([^{}]*)\\}\\s*from\\s*(["'])${literal}\\2`, 'g');
  const names = new Set<string>();
  for (const [, list] of source.matchAll(clause)) {
    for (const item of list!.replace(/\/\*.*?\*\/|\/\/.*/gs, '').split(',')) {
      const name = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(item)?.[1];
      if (name !== undefined && name !== 'default') names.add(name);
    }
  }
  return [...names].toSorted();
}
