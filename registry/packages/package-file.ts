import { readFileSync } from 'node:fs';
import { lexModule } from '../../importmap/index.js';
import type { Links } from '../../schema/index.js';
import { isTypeScript } from '../transform/kinds.js';
import { moduleFormat, type ModuleFormat } from './module-format.js';
import type { InstalledPackages } from './installed-packages.js';
import { packageModule, packageScript, type SourceOptions } from './package-source.js';

/** A specifier in an ES module of a package. */
export interface PackageImport {
  readonly specifier: string;
  /** `url`: in `new URL('./x.wasm', import.meta.url)`. */
  readonly kind: 'static' | 'dynamic' | 'url';
  /** Byte offsets of the literal, quotes included. Undefined where it cannot be replaced. */
  readonly range: { readonly start: number; readonly end: number } | undefined;
  /** It has `with { type: … }`. */
  readonly hasAttributes: boolean;
}

/**
 * A file of a package as its author wrote it, except for `process.env.NODE_ENV` and what the site's settings
 * define. TypeScript and JSX are JavaScript.
 */
export interface PackageFile {
  /** Absolute and real. */
  readonly file: string;
  readonly format: ModuleFormat;
  readonly bytes: Buffer;
  /** Whether `bytes` are not those of the file. */
  readonly isChanged: boolean;
  /** Of an ES module. Null for other files. */
  readonly links: Links | null;
  readonly imports: readonly PackageImport[];
}

const NODE_ENV = /\bprocess\.env\.NODE_ENV\b(?!\s*=[^=])/g;

/**
 * Reads a file of a package.
 * @throws the file system's errors
 */
export function readPackageFile(
  file: string,
  packages: InstalledPackages,
  options: SourceOptions,
): PackageFile {
  const bytes = readFileSync(file);
  const isSource = isTypeScript(file);
  const source = isSource || /\.(?:[cm]?js)$|[\\/][^.\\/]+$/i.test(file) ? bytes.toString('utf8') : '';
  const format = moduleFormat(file, source, packages);
  if (format !== 'module') return { file, format, bytes, isChanged: false, links: null, imports: [] };
  const code = isSource
    ? packageScript(file, source, packages.packageOf(file).directory, options)
    : packageModule(file, source, options);
  const written = code.includes('process.env.NODE_ENV')
    ? code.replace(NODE_ENV, JSON.stringify(options.mode))
    : code;
  const isChanged = written !== source;
  const final = isChanged ? Buffer.from(written) : bytes;
  const links = lexModule(final);
  return { file, format, bytes: final, isChanged, links, imports: importsOf(final, links) };
}

/** Bytes beside a link that are read. */
const NEAR = 300;

function importsOf(bytes: Buffer, links: Links): PackageImport[] {
  const found: PackageImport[] = [];
  for (const link of links.list) {
    const { start, end } = link;
    if (link.kind === 'static') {
      const { specifier } = link;
      found.push({
        specifier,
        kind: 'static',
        range: { start, end },
        hasAttributes: isFollowedByWith(bytes, end),
      });
    } else if (link.kind === 'dynamic' && link.specifier !== undefined) {
      const { specifier } = link;
      const range = argumentOf(bytes, end);
      const hasAttributes =
        range !== undefined && /^\s*,/.test(bytes.toString('latin1', range.end, range.end + NEAR));
      found.push({ specifier, kind: 'dynamic', range, hasAttributes });
    } else if (link.kind === 'meta') {
      const specifier = urlBefore(bytes.toString('utf8', Math.max(0, start - NEAR), start));
      if (specifier !== undefined)
        found.push({ specifier, kind: 'url', range: undefined, hasAttributes: false });
    }
  }
  return found;
}

const isFollowedByWith = (bytes: Buffer, end: number): boolean =>
  /^\s*(?:with|assert)\s*\{/.test(bytes.toString('latin1', end, end + NEAR));

/** The literal of `import('…')`, by the end of the keyword. */
function argumentOf(bytes: Buffer, end: number): PackageImport['range'] {
  const text = bytes.toString('latin1', end, end + NEAR);
  const [all, before] = /^(\s*\(\s*(?:\/\*.*?\*\/\s*)*)(["'`])[^"'`\\]*\2/s.exec(text) ?? [];
  return all === undefined ? undefined : { start: end + before!.length, end: end + all.length };
}

/** The specifier of `new URL('…', import.meta.url)`, by the text before `import.meta`. */
export const urlBefore = (text: string): string | undefined =>
  /\bnew\s+URL\(\s*(?:\/\*.*?\*\/\s*)*(["'`])([^"'`\\$]+)\1\s*,\s*$/s.exec(text)?.[2];
