import type { Path } from '../../schema/index.js';
import { RUNTIME } from './imported-files.js';
import { relativeSpecifier } from './resolve-source.js';
import { runtimeModule } from './runtime-modules.js';
import { styleModule, type ImportOf } from './style-module.js';
import type { Mode, VirtualModule } from './transform.js';

export interface VirtualOptions {
  readonly mode: Mode;
  /** See `StyleModuleOptions`. */
  readonly importOf?: ImportOf;
}

/** Changes when the code of a virtual module does. */
export const VIRTUAL_VERSION = '3';

/**
 * The code of a module that is made of a file.
 *
 * @param source the file's bytes; undefined where no deploy contains it
 * @throws Error where it cannot be made: the file is not JSON
 */
export async function virtualModule(
  { path, kind, file }: VirtualModule,
  source: Uint8Array | undefined,
  options: VirtualOptions,
): Promise<string> {
  const text = () => {
    if (source === undefined) throw new Error(`no deploy contains ${file}`);
    return new TextDecoder().decode(source);
  };
  switch (kind) {
    case 'raw':
    case 'inline':
      return `export default ${literal(text())};\n`;
    case 'url':
      return `export default ${urlOf(path, file)}.href;\n`;
    case 'worker':
      return workerModule(path, file);
    case 'json':
      return jsonModule(text());
    case 'style':
      return styleModule({ path, file }, text(), options);
    case 'runtime':
      return runtimeModule(file.slice(RUNTIME.length));
  }
}

/** A string literal that is valid in any module. */
const literal = (text: string): string => JSON.stringify(text);

const urlOf = (from: Path, file: Path): string =>
  `new URL(${literal(relativeSpecifier(from, file))}, import.meta.url)`;

const workerModule = (path: Path, file: Path): string =>
  `export default function (options) {\n  return new Worker(${urlOf(path, file)}, { type: "module", ...options });\n}\n`;

const NAME = /^[A-Za-z_$][\w$]*$/;

/** Words that cannot be names of variables in a module. */
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private ' +
    'protected public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
);

/** The value as the default export, and the members of an object by their names. */
function jsonModule(text: string): string {
  const value: unknown = JSON.parse(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const names = isObject ? Object.keys(value).filter((key) => NAME.test(key) && !RESERVED.has(key)) : [];
  const rows = names.map(
    (name) => `export const ${name} = ${literalOf((value as Record<string, unknown>)[name])};\n`,
  );
  if (!isObject) return `export default ${literalOf(value)};\n`;
  const members = Object.entries(value).map(([key, one]) => {
    const own = names.includes(key) ? key : literalOf(one);
    // A key in brackets defines a property, also one named __proto__.
    return `  [${literal(key)}]: ${own},\n`;
  });
  return `${rows.join('')}export default {\n${members.join('')}};\n`;
}

/** JSON is a subset of JavaScript, but for the key `__proto__`. */
function literalOf(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes('"__proto__"') ? `JSON.parse(${literal(text)})` : text;
}
