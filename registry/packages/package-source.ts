import path from 'node:path';
import { getTsconfig } from 'get-tsconfig';
import { transformSync } from 'oxc-transform';
import { decoratorPlace } from '../transform/decorators.js';
import { mayHave, withDefinitions } from '../transform/define.js';
import { withInlineMap } from '../transform/original-place.js';
import { compilerOptions } from '../transform/read-recipe.js';
import type { SiteSettings } from '../transform/settings.js';
import type { Mode } from '../transform/transform.js';
import { NO_DECORATORS, oxcOptions } from '../transform/typescript.js';

export interface SourceOptions {
  readonly mode: Mode;
  /** What stands for expressions in the code of all packages. */
  readonly define: SiteSettings['define'];
  /** What stands for expressions in TypeScript and JSX only: `import.meta.env`. */
  readonly defineInSources: SiteSettings['define'];
  /** Files of configurations that were read: `tsconfig.json` and what it extends. */
  readonly configs: Map<string, unknown>;
}

/**
 * The JavaScript of a TypeScript or JSX file in a package, by its nearest `tsconfig.json`. What does not
 * parse becomes a module that throws.
 *
 * @param directory of the package: absolute
 */
export function packageScript(
  file: string,
  source: string,
  directory: string,
  { mode, define, defineInSources, configs }: SourceOptions,
): string {
  const options = oxcOptions(file, tsconfigOf(file, directory, configs), 'production', null);
  const all = { ...defineInSources, ...define };
  const { code, map, errors } = transformSync(file, source, {
    ...options,
    ...(mayHave(source, all) ? { define: all } : {}),
  });
  const error = errors.find(({ severity }) => severity === 'Error');
  const message = error?.message ?? (decoratorPlace(code) === undefined ? undefined : NO_DECORATORS);
  if (message !== undefined) return `throw new SyntaxError(${JSON.stringify(`${file}: ${message}`)});\n`;
  return map === undefined || mode === 'production' ? code : withInlineMap(code, JSON.stringify(map));
}

/** The JavaScript of a package with what stands for expressions. */
export const packageModule = (file: string, source: string, { define }: SourceOptions): string =>
  mayHave(source, define) ? withDefinitions(file, source, define).code : source;

function tsconfigOf(
  file: string,
  directory: string,
  configs: SourceOptions['configs'],
): ReturnType<typeof compilerOptions> {
  try {
    const found = getTsconfig(path.dirname(file), 'tsconfig.json', configs as never);
    if (found === null) return {};
    return compilerOptions(found.config.compilerOptions ?? {}, directory, path.dirname(found.path));
  } catch {
    // A configuration that cannot be read, as one that extends a package that is not installed.
    return {};
  }
}
