import { readFileSync } from 'node:fs';
import path from 'node:path';
import { init, parse } from 'cjs-module-lexer';
import type { Plugin } from 'rolldown';
import { blake3 } from '../hash.js';
import type { Found } from './package-resolver.js';

/** Part of what a conversion is kept by: another version may write other modules. */
export const CONVERT_VERSION = '2 rolldown 1.2.19 cjs-module-lexer 2.3.0';

export interface ConversionInput {
  /** Of the package, for progress. */
  readonly name: string;
  /** Of the package: absolute and real. */
  readonly directory: string;
  /**
   * Files that other packages or ES modules import, relative to the directory, with the names that these
   * import. Sorted.
   */
  readonly entries: readonly (readonly [file: string, names: readonly string[]])[];
  /** The value of `process.env.NODE_ENV`. */
  readonly mode: string;
  /** What stands for other expressions. */
  readonly define?: Readonly<Record<string, string>>;
  /** Whatever else `resolve` depends on: the package's description, and the conditions. */
  readonly context: string;
  /** Whether a file of the package is a CommonJS module or JSON, which belongs into the conversion. */
  readonly isCommonJs: (file: string) => boolean;
  readonly resolve: (importer: string, specifier: string) => Found;
}

/** An import of something outside of a conversion. */
export interface ConvertedImport {
  /** Relative to the package's directory. */
  readonly importer: string;
  readonly specifier: string;
  /** As the converted modules write it: a bare specifier. */
  readonly written: string;
}

export interface Conversion {
  /** Relative paths with the source of ES modules: one for each entry, and what entries share. */
  readonly files: ReadonlyMap<string, string>;
  readonly imports: readonly ConvertedImport[];
  /** Files of the package that were read, relative, with their hashes. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Specifiers that lead nowhere, and throw when they are required. */
  readonly stubs: readonly { readonly importer: string; readonly specifier: string }[];
}

const ENTRY = 'entry:';
const OUTSIDE = 'outside:';
const STUB = 'stub:';
const EMPTY = 'empty:';

/** Prefix of specifiers for ES modules in the same package, which only its own import map scope has. */
export const OWN_FILE = '#npm/';

/**
 * Converts the CommonJS modules of a package to ES modules. Each entry exports by default what a bundler's
 * default import would be, the names that its source shows, and `module.exports` under that name. Other
 * packages stay imports, so that a page has one instance of them.
 *
 * @throws rolldown's errors, for a source that does not parse
 */
export async function convertCommonJs(input: ConversionInput): Promise<Conversion> {
  await init();
  const { directory, entries, mode } = input;
  const imports = new Map<string, ConvertedImport>();
  const stubs = new Map<string, Conversion['stubs'][number]>();
  const relative = (file: string) => path.relative(directory, file).split(path.sep).join('/');
  const sources = new Map<string, string>();
  const read = (file: string): string => {
    let source = sources.get(file);
    if (source === undefined) sources.set(file, (source = readFileSync(file, 'utf8')));
    return source;
  };
  const plugin: Plugin = {
    name: 'modcast-packages',
    resolveId(specifier, importer) {
      if (specifier.startsWith(ENTRY)) return specifier;
      if (importer?.startsWith(ENTRY)) return path.join(directory, importer.slice(ENTRY.length));
      if (importer === undefined || importer.startsWith(OUTSIDE)) return { id: specifier, external: true };
      const found = input.resolve(importer, specifier);
      const place = { importer: relative(importer), specifier };
      if (found.state === 'ignored') return EMPTY;
      if (found.state !== 'file') {
        stubs.set(`${place.importer}\0${specifier}`, place);
        return STUB + specifier;
      }
      const inside = relative(found.file);
      const isOwn = !inside.startsWith('../') && !inside.split('/').includes('node_modules');
      if (isOwn && input.isCommonJs(found.file)) return found.file;
      const written = isOwn ? OWN_FILE + inside : specifier;
      imports.set(`${place.importer}\0${specifier}`, { ...place, written });
      return OUTSIDE + written;
    },
    load(id) {
      if (id.startsWith(ENTRY)) return entrySource(path.join(directory, id.slice(ENTRY.length)), read, input);
      // Its name may be that of a style sheet.
      if (id.startsWith(OUTSIDE)) return { code: outsideSource(id.slice(OUTSIDE.length)), moduleType: 'js' };
      if (id === EMPTY) return 'module.exports = {};';
      if (id.startsWith(STUB)) return { code: stubSource(id.slice(STUB.length)), moduleType: 'js' };
      return id.endsWith('.json') ? { code: `module.exports = ${read(id)};`, moduleType: 'js' } : read(id);
    },
  };
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    cwd: directory,
    input: Object.fromEntries(entries.map(([entry]) => [outputName(entry), ENTRY + entry])),
    platform: 'browser',
    treeshake: false,
    logLevel: 'silent',
    checks: { invalidAnnotation: false },
    transform: {
      define: { ...input.define, 'process.env.NODE_ENV': JSON.stringify(mode), global: 'globalThis' },
    },
    plugins: [plugin],
  });
  try {
    const { output } = await bundle.generate({
      format: 'es',
      entryFileNames: '[name]',
      chunkFileNames: '_shared/[hash].js',
      keepNames: false,
    });
    const files = new Map<string, string>();
    for (const chunk of output) if (chunk.type === 'chunk') files.set(chunk.fileName, chunk.code);
    const inputs = new Map([...sources].map(([file, text]) => [relative(file), blake3(Buffer.from(text))]));
    return { files, imports: [...imports.values()], inputs, stubs: [...stubs.values()] };
  } finally {
    await bundle.close();
  }
}

/** Where the converted module of an entry is, relative to the package: its type must be JavaScript. */
export const outputName = (entry: string): string => (/\.m?js$/i.test(entry) ? entry : `${entry}.js`);

/**
 * What bundlers give a default import: `exports.default` where the module was an ES module once, and else
 * `module.exports`.
 */
function entrySource(file: string, read: (file: string) => string, input: ConversionInput): string {
  const wanted = input.entries.find(([entry]) => path.join(input.directory, entry) === file)?.[1] ?? [];
  const names = [...new Set([...exportNames(file, read, input), ...wanted])].filter(
    (name) => name !== 'default' && name !== 'module.exports',
  );
  const values = names.map((name, i) => `const e${i} = m[${JSON.stringify(name)}];\n`).join('');
  const list = names.map((name, i) => `e${i} as ${JSON.stringify(name)}`).join(', ');
  return `const m = require(${JSON.stringify(file)});
const isModule = m !== null && (typeof m === 'object' || typeof m === 'function') && m.__esModule && 'default' in m;
export default isModule ? m.default : m;
export { m as "module.exports" };
${values}export { ${list} };
`;
}

/** An ES module gives `require` its namespace, marked as one: TypeScript and Babel look for that. */
const outsideSource = (written: string): string => `import * as ns from ${JSON.stringify(written)};
const m = 'module.exports' in ns ? ns['module.exports'] : flagged();
function flagged() {
  const copy = Object.defineProperty({}, '__esModule', { value: true });
  for (const name of Object.keys(ns)) Object.defineProperty(copy, name, { enumerable: true, get: () => ns[name] });
  return copy;
}
export { m as "module.exports" };
`;

const stubSource = (specifier: string): string =>
  `module.exports = undefined;
throw Object.assign(new Error(${JSON.stringify(`Cannot find module '${specifier}' in a browser`)}), { code: 'MODULE_NOT_FOUND' });
`;

/** The names that a CommonJS module exports, as its source and those that it re-exports show them. */
function exportNames(
  file: string,
  read: (file: string) => string,
  { resolve, isCommonJs }: Pick<ConversionInput, 'resolve' | 'isCommonJs'>,
  seen = new Set<string>(),
): Set<string> {
  const names = new Set<string>();
  if (seen.has(file)) return names;
  seen.add(file);
  try {
    if (file.endsWith('.json')) {
      const value: unknown = JSON.parse(read(file));
      return new Set(
        typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [],
      );
    }
    const { exports, reexports } = parse(read(file));
    for (const name of exports) if (name.isWellFormed()) names.add(name);
    for (const specifier of reexports) {
      const found = resolve(file, specifier);
      if (found.state !== 'file' || !isCommonJs(found.file)) continue;
      for (const name of exportNames(found.file, read, { resolve, isCommonJs }, seen)) names.add(name);
    }
  } catch {
    // Rolldown reports a source that does not parse.
  }
  return names;
}
