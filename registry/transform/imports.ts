import remapping, { type SourceMapInput } from '@jridgewell/remapping';
import { init, parse, type Import } from 'es-module-lexer';
import MagicString from 'magic-string';
import { jsonLiteral } from './env.js';
import { importMetaEnv } from './env.js';
import { expandGlobs } from './glob.js';
import { ImportedFiles } from './imported-files.js';
import { compilerOptionsOf } from './recipe.js';
import { SourceResolver } from './resolve-source.js';
import type { Transform, TransformOptions, TransformResult } from './transform.js';
import type { Path } from '../../schema/index.js';

await init();

/** `import.meta.env`, with the name of one variable or none. */
const ENV = /^\.env(?![\w$])(?:\s*\.\s*([A-Za-z_$][\w$]*)|\[\s*(?:'([\w$]+)'|"([\w$]+)")\s*\])?/;

/**
 * Makes what people import besides JavaScript work in browsers: files without their extension, style
 * sheets, images, `?raw`, `import.meta.glob`, `import.meta.env`. It takes what is JavaScript by now, and
 * leaves code without such imports as it is, byte for byte. Imports with attributes are for the browser.
 *
 * @param isSource whether another transform takes a file
 */
export const imports = (isSource: (path: Path) => boolean): Transform => ({
  name: 'imports',
  version: '2',
  filter: () => true,
  transform: (source, path, options) => rewriteImports(source, path, options, isSource),
});

function rewriteImports(
  source: string,
  path: Path,
  options: TransformOptions,
  isSource: (path: Path) => boolean,
): TransformResult | null {
  const [items] = parse(source);
  const text = new MagicString(source);
  const resolver = new SourceResolver(
    options.files,
    compilerOptionsOf(options.recipe, path),
    options.recipe.alias,
  );
  const files = new ImportedFiles(path, resolver, isSource);
  let hasGlobs = false;
  for (const item of items) {
    if (item.type === 'import-meta') {
      const after = source.slice(item.end, item.end + 200);
      if (/^\.glob\s*\(/.test(after)) hasGlobs = true;
      for (const { start, end, specifier } of acceptedPlaces(source, item.end)) {
        const target = files.target(specifier);
        if (target !== undefined) text.overwrite(start, end, JSON.stringify(target));
      }
      const found = ENV.exec(after);
      if (found === null) continue;
      const env = importMetaEnv(options);
      const name = found[1] ?? found[2] ?? found[3];
      text.overwrite(
        item.start,
        item.end + found[0].length,
        jsonLiteral(name === undefined ? env : env[name]),
      );
      continue;
    }
    const place = specifierPlace(item, source);
    if (place === undefined) continue;
    const target = files.target(place.specifier);
    if (target !== undefined) text.overwrite(place.start, place.end, JSON.stringify(target));
  }
  const deps = hasGlobs ? expandGlobs(source, text, files, options.files) : [];
  const all = [...resolver.deps, ...deps];
  if (!text.hasChanged()) return all.length > 0 ? { code: source, map: null, deps: all } : null;
  return {
    code: text.toString(),
    map: text.generateMap({ source: path, includeContent: true, hires: 'boundary' }).toString(),
    deps: all,
    virtual: files.virtual,
  };
}

/** A call that accepts updates of other modules, up to the first of them. */
const ACCEPT = /\??\.hot\s*(?:\?\.|!?\.)\s*accept\s*\(\s*\[?\s*/y;

/** A literal, and the comma to the next one of a list. */
const ACCEPTED = /(['"])((?:(?!\1)[^\\\n])*)\1\s*,?\s*/y;

/** The modules that `import.meta.hot.accept` names in literals, after an `import.meta`. */
function* acceptedPlaces(source: string, from: number): Generator<SpecifierPlace> {
  ACCEPT.lastIndex = from;
  const call = ACCEPT.exec(source);
  if (call === null) return;
  const isList = call[0].includes('[');
  ACCEPTED.lastIndex = ACCEPT.lastIndex;
  for (let found = ACCEPTED.exec(source); found !== null; found = ACCEPTED.exec(source)) {
    const specifier = found[2]!;
    yield { start: found.index, end: found.index + specifier.length + 2, specifier };
    if (!isList) return;
  }
}

interface SpecifierPlace {
  readonly start: number;
  readonly end: number;
  readonly specifier: string;
}

/** The place of a specifier with its quotes. Undefined where it is none, computed, or has attributes. */
function specifierPlace(
  item: Exclude<Import, { type: 'import-meta' }>,
  source: string,
): SpecifierPlace | undefined {
  const { specifier, phase, attributesStart, start, end } = item;
  if (specifier === undefined || phase !== null || attributesStart !== -1) return undefined;
  if (item.type !== 'dynamic') return { start: start - 1, end: end + 1, specifier };
  return item.glob || !/^['"`]/.test(source[start] ?? '') ? undefined : { start, end, specifier };
}

/**
 * One map for several steps. Tracing is most of the work, so it is done once for all of them.
 *
 * @param maps of the steps, the last one first
 */
export function joinMaps(maps: readonly SourceMapInput[]): SourceMapInput | null {
  const [last, ...others] = maps;
  if (last === undefined || others.length === 0) return last ?? null;
  return remapping(last, (_, { depth }) => others[depth - 1] ?? null).toString();
}
