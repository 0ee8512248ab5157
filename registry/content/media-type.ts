import { lookup } from 'mrmime';

/** The kinds of modules that an `import` accepts (HTML Standard, "fetch a single module script"). */
export type ModuleKind = 'javascript' | 'json' | 'css';

const DEFAULT_TYPE = 'application/octet-stream';

/** Browsers load modules with these types only, so they do not depend on a package's table. */
const MODULE_TYPES: ReadonlyMap<string, string> = new Map([
  ['js', 'text/javascript'],
  ['mjs', 'text/javascript'],
  ['json', 'application/json'],
  ['css', 'text/css'],
  ['wasm', 'application/wasm'],
  // Sources. Browsers get what transforms make of them, as JavaScript.
  ['ts', 'text/typescript'],
  ['mts', 'text/typescript'],
  ['cts', 'text/typescript'],
  ['tsx', 'text/typescript'],
  ['jsx', 'text/jsx'],
]);

/** JavaScript MIME type essences, all sixteen of the MIME Sniffing Standard. */
const JAVASCRIPT_TYPE =
  /^(?:(?:application|text)\/(?:x-)?(?:ecma|java)script|text\/(?:javascript1\.[0-5]|jscript|livescript))$/i;

/** JSON MIME types of the MIME Sniffing Standard. */
const JSON_TYPE = /^(?:(?:application|text)\/json|[^/]+\/[^/]+\+json)$/i;

/** The media type of a site's file by its path's extension, in any case, without parameters. */
export function mediaType(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (dot === -1) return DEFAULT_TYPE;
  const extension = name.slice(dot + 1).toLowerCase();
  const type: unknown = MODULE_TYPES.get(extension) ?? lookup(extension);
  // The package's table is a plain object, so the extension `constructor` finds a function.
  return typeof type === 'string' ? type : DEFAULT_TYPE;
}

/**
 * The `Content-Type` of a site's file. Documents and plain text get `charset=utf-8`. Scripts and style sheets
 * get no charset: modules are always UTF-8, and the others use the encoding of their page.
 */
export function contentType(path: string): string {
  const type = mediaType(path);
  const isDocument = type.startsWith('text/') && !/^text\/(?:xml|css|javascript)$/.test(type);
  return isDocument ? `${type}; charset=utf-8` : type;
}

/**
 * The `Content-Type` of a file of a manifest: that of its path, except for a source that is served as
 * JavaScript.
 *
 * @param type of the manifest
 */
export const servedType = (path: string, type: string | undefined): string =>
  type !== undefined && isJavaScriptType(type) ? type : contentType(path);

/** Whether a media type without parameters is a JavaScript type. */
export function isJavaScriptType(essence: string): boolean {
  return JAVASCRIPT_TYPE.test(essence);
}

/** The kind of module for a media type; undefined when it cannot be imported. Parameters are ignored. */
export function moduleKind(type: string): ModuleKind | undefined {
  const essence = (type.split(';', 1)[0] ?? '').trim();
  if (isJavaScriptType(essence)) return 'javascript';
  if (JSON_TYPE.test(essence)) return 'json';
  return /^text\/css$/i.test(essence) ? 'css' : undefined;
}
