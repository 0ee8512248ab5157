import { transformSync } from 'oxc-transform';
import type { Path } from '../../schema/index.js';
import type { Recipe } from './recipe.js';
import type { SiteSettings } from './settings.js';
import type { Mode, Transform } from './transform.js';

/** What stands for expressions in the sources of a site. */
export const definitionsOf = (
  { define = {} }: Pick<Recipe, 'define'>,
  mode: Mode,
): SiteSettings['define'] => ({
  'process.env.NODE_ENV': JSON.stringify(mode),
  ...define,
});

/** Whether a source may have one of the expressions. */
export const mayHave = (source: string, definitions: SiteSettings['define']): boolean =>
  Object.keys(definitions).some((name) => source.includes(name));

/** Replaces expressions in JavaScript. A local variable of the same name is none of them. */
export function withDefinitions(
  path: Path,
  source: string,
  definitions: SiteSettings['define'],
): { code: string; map: string | null } {
  const { code, map, errors } = transformSync(path, source, {
    lang: 'js',
    sourceType: 'module',
    target: 'esnext',
    sourcemap: true,
    define: { ...definitions },
  });
  const error = errors.find(({ severity }) => severity === 'Error');
  // What does not parse is reported where it is parsed.
  if (error !== undefined) return { code: source, map: null };
  return { code, map: map === undefined ? null : JSON.stringify(map) };
}

/** Puts in what `define` of the site's `package.json` sets, and `process.env.NODE_ENV`. */
export const define: Transform = {
  name: 'define',
  version: '1',
  filter: () => true,
  transform(source, path, { mode, recipe }) {
    const definitions = definitionsOf(recipe, mode);
    return mayHave(source, definitions) ? withDefinitions(path, source, definitions) : null;
  },
};
