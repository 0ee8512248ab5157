import {
  transform,
  type JsxOptions,
  type TransformOptions as OxcOptions,
  type TransformResult,
} from 'oxc-transform';
import { placeIn } from '../ingest/syntax.js';
import type { Path } from '../../schema/index.js';
import { decoratorPlace } from './decorators.js';
import { isTypeScript } from './kinds.js';
import { originalPlace } from './original-place.js';
import { countAccessors, mayHaveAccessors } from './refresh-accessors.js';
import { compilerOptionsOf, type CompilerOptions, type Recipe } from './recipe.js';
import { TransformError, type Mode, type Transform } from './transform.js';

/** Part of what a result is kept by: another version may write other code. */
const OXC_VERSION = '0.151.0';

export const NO_DECORATORS =
  'no browser has decorators of the ECMAScript proposal; set experimentalDecorators in tsconfig.json for those of TypeScript';

/** Strips types, and turns JSX, enums and decorators into JavaScript, as the `tsconfig.json` says. */
export const typescript: Transform = {
  name: 'typescript',
  version: `2 oxc ${OXC_VERSION}`,
  filter: isTypeScript,
  async transform(source, path, { mode, recipe }) {
    const options = oxcOptions(path, compilerOptionsOf(recipe, path), mode, recipe.refresh);
    const { code, map, errors } = await transformed(path, source, options);
    const error = errors.find(({ severity }) => severity === 'Error');
    if (error !== undefined) {
      const { line, column } = placeIn(Buffer.from(source), error.labels[0]?.start ?? 0);
      throw new TransformError(error.message, line, column);
    }
    const decorator = decoratorPlace(code);
    if (decorator !== undefined) {
      const { line, column } =
        originalPlace(decorator, map === undefined ? null : JSON.stringify(map)) ?? decorator;
      throw new TransformError(NO_DECORATORS, line, column);
    }
    return { code, map: map === undefined ? null : JSON.stringify(map) };
  },
};

/**
 * Oxc's transform for Fast Refresh makes a plain method of a getter of an object that calls a hook. Such a
 * module is replaced with its importers.
 */
async function transformed(path: Path, source: string, options: OxcOptions): Promise<TransformResult> {
  const result = await transform(path, source, options);
  const jsx = options.jsx as JsxOptions;
  if (jsx.refresh !== true || !mayHaveAccessors(source) || !result.code.includes('$RefreshSig$')) {
    return result;
  }
  const plain = await transform(path, source, { ...options, jsx: { ...jsx, refresh: false } });
  return countAccessors(result.code) < countAccessors(plain.code) ? plain : result;
}

type Lang = NonNullable<OxcOptions['lang']>;

const langOf = (path: Path): Lang => (path.endsWith('.tsx') ? 'tsx' : path.endsWith('.jsx') ? 'jsx' : 'ts');

export function oxcOptions(
  path: Path,
  compiler: CompilerOptions,
  mode: Mode,
  framework: Recipe['refresh'],
): OxcOptions {
  const { experimentalDecorators = false, emitDecoratorMetadata = false } = compiler;
  // As TypeScript: fields are assigned, not defined, for old targets and with this option.
  const isAssigned = compiler.useDefineForClassFields === false || isOldTarget(compiler);
  return {
    lang: langOf(path),
    sourceType: 'module',
    // Nothing but types is lowered, except for decorators, which no browser has.
    target: 'esnext',
    sourcemap: true,
    typescript: {
      onlyRemoveTypeImports: compiler.verbatimModuleSyntax === true,
      removeClassFieldsWithoutInitializer: isAssigned,
    },
    ...(isAssigned ? { assumptions: { setPublicClassFields: true } } : {}),
    decorator: { legacy: experimentalDecorators, emitDecoratorMetadata },
    jsx: jsxOptions(compiler, mode, framework),
  };
}

function jsxOptions(compiler: CompilerOptions, mode: Mode, framework: Recipe['refresh']): JsxOptions {
  const { jsx, jsxImportSource, jsxFactory, jsxFragmentFactory } = compiler;
  const isDevelopment = mode === 'development';
  const shared = { development: isDevelopment, refresh: framework !== null && isDevelopment };
  const source = jsxImportSource ?? (framework === 'preact' ? 'preact' : undefined);
  // What `preserve` leaves is for a bundler, which then takes the automatic runtime.
  if (jsx !== 'react' && jsx !== 'react-native') {
    return {
      ...shared,
      runtime: 'automatic',
      ...(source === undefined ? {} : { importSource: source }),
    };
  }
  return {
    ...shared,
    development: false,
    runtime: 'classic',
    ...(jsxFactory === undefined ? {} : { pragma: jsxFactory }),
    ...(jsxFragmentFactory === undefined ? {} : { pragmaFrag: jsxFragmentFactory }),
  };
}

/** Targets before ES2022, for which TypeScript's default is to assign fields. */
const isOldTarget = ({ target, useDefineForClassFields }: CompilerOptions): boolean =>
  useDefineForClassFields === undefined && /^es(?:3|5|6|20(?:1\d|2[01]))$/i.test(target ?? '');
