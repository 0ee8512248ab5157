import { lookup } from 'mrmime';

/** What a module is to an `import` (HTML Standard, "fetch a single module script"). */
export type ModuleKind = 'javascript' | 'json' | 'css';

const DEFAULT_TYPE = 'application/octet-stream';

/** A module with another type than these does not load, so they do not depend on a package's table. */
const MODULE_TYPES: ReadonlyMap<string, string> = new Map([
  ['js', 'text/javascript'],
  ['mjs', 'text/javascript'],
  ['json', 'application/json'],
  ['css', 'text/css'],
  ['wasm', 'application/wasm'],
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
  // The package's table is a plain object: `x.constructor` finds a function there.
  return typeof type === 'string' ? type : DEFAULT_TYPE;
}

/**
 * The `Content-Type` with which a site's file is served. Text that is read on its own is said to be UTF-8. Scripts and
 * style sheets are left to the standards: modules always are UTF-8, the others have the encoding of their page.
 */
export function contentType(path: string): string {
  const type = mediaType(path);
  const standsAlone = type.startsWith('text/') && !/^text\/(?:xml|css|javascript)$/.test(type);
  return standsAlone ? `${type}; charset=utf-8` : type;
}

/** Whether a media type without parameters is one of JavaScript. */
export function isJavaScriptType(essence: string): boolean {
  return JAVASCRIPT_TYPE.test(essence);
}

/** What a file of this media type is as a module; undefined when it cannot be imported. Parameters are ignored. */
export function moduleKind(type: string): ModuleKind | undefined {
  const essence = (type.split(';', 1)[0] ?? '').trim();
  if (isJavaScriptType(essence)) return 'javascript';
  if (JSON_TYPE.test(essence)) return 'json';
  return /^text\/css$/i.test(essence) ? 'css' : undefined;
}
