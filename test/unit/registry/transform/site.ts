import type { Manifest } from '../../../../schema/index.js';
import { ManifestFiles } from '../../../../registry/transform/manifest-files.js';
import {
  ModuleTransformer,
  type TransformedModule,
} from '../../../../registry/transform/module-transformer.js';
import { NO_RECIPE, type CompilerOptions, type Recipe } from '../../../../registry/transform/recipe.js';
import type { Mode, TransformOptions } from '../../../../registry/transform/transform.js';

export interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly compilerOptions?: CompilerOptions;
  readonly recipe?: Partial<Recipe>;
  readonly mode?: Mode;
}

export function optionsOf({
  files = {},
  compilerOptions,
  recipe,
  mode = 'production',
}: Given): TransformOptions {
  const rows = Object.keys(files).map((path) => [path, { hash: path, size: 1, type: 'text/plain' }] as const);
  const manifest: Manifest = { modules: new Map(rows), entries: [], importMap: null };
  const projects = compilerOptions === undefined ? [] : [{ directory: '', compilerOptions }];
  return {
    mode,
    recipe: { ...NO_RECIPE, projects, ...recipe },
    files: new ManifestFiles(manifest, async (hash) => new TextEncoder().encode(files[hash])),
    base: '/',
  };
}

/** What a registry makes of a file. */
export const transformed = (path: string, source: string, given: Given = {}): Promise<TransformedModule> =>
  new ModuleTransformer().transform(source, path, optionsOf(given));

/** The code without empty lines and indentation. */
export async function codeOf(path: string, source: string, given: Given = {}): Promise<string> {
  const { code, problem } = await transformed(path, source, given);
  if (problem !== undefined) throw new Error(problem.message);
  return (code ?? source).replace(/^\s+/gm, '').trimEnd();
}
