import { ModcastError } from './errors.js';
import { LIMITS } from './limits.js';

/** A module's place in the site: `lib/disk.mjs`. Relative, NFC, without empty, `.` or `..` segments. */
export type Path = string;

/** Why `text` is not a path, or undefined when it is one. */
export function pathProblem(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.length > LIMITS.pathLength) return `it is longer than ${LIMITS.pathLength} characters`;
  if (text.startsWith('/')) return 'it is absolute';
  // NUL ends a name in C. Other control characters do not belong in a URL or a terminal.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'it has a control character';
  if (!text.isWellFormed()) return 'it has a lone surrogate';
  if (text.normalize('NFC') !== text) return 'it is not in Unicode normal form C';
  if (text.split('/').includes('')) return 'it has an empty segment';
  // A backslash separates segments on Windows only, but no name elsewhere needs dots around one.
  const dots = text.split(/[/\\]/).find((segment) => segment === '.' || segment === '..');
  return dots === undefined ? undefined : `it has a "${dots}" segment`;
}

export function isPath(text: unknown): text is Path {
  return typeof text === 'string' && pathProblem(text) === undefined;
}

/** @throws ModcastError `path-invalid` */
export function parsePath(text: string): Path {
  const problem = pathProblem(text);
  if (problem !== undefined) {
    throw new ModcastError('path-invalid', `not a path: ${JSON.stringify(text.slice(0, 200))}: ${problem}`, {
      expected: 'a relative path of plain segments',
      found: text,
    });
  }
  return text;
}

/**
 * Whether a path names a dotfile or a file in a dot directory. Such files are never part of a site, except
 * those in `.well-known` at its root (RFC 8615).
 */
export const isHidden = (path: string): boolean =>
  /(?:^|\/)\./.test(path.replace(/^\.well-known(?=\/|$)/, ''));

/** @throws ModcastError `path-invalid` for a dotfile: such a file could be `.git/config` or `.env` */
export function assertVisible(paths: Iterable<Path>): void {
  for (const path of paths) {
    if (!isHidden(path)) continue;
    const message = `not a path of a site: ${JSON.stringify(path)}: dotfiles are neither published nor exported`;
    throw new ModcastError('path-invalid', message, { expected: 'no dotfile', found: path });
  }
}

/**
 * A path as the path part of a URL, without a leading slash. Escapes `%`, `?`, `#`, `\` and everything that
 * the URL parser would escape (WHATWG path percent-encode set), so that `new URL(root + pathToUrl(p))` is the
 * natural URL. Do not pass the root as the base instead: a first segment `c:` would be a scheme.
 */
export const pathToUrl = (path: Path): string => path.replace(ESCAPED, encodeURIComponent);

/** All but printable ASCII without `"#%<>?\^\`` and `{}`. */
const ESCAPED = /[^!$&-;=@-[\]_a-z|~]/gu;

/**
 * The path of the path part of a URL, without leading slash and query. Decodes once. Undefined if the result
 * is not a valid path.
 */
export function pathFromUrl(pathname: string): Path | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  const path = decoded.normalize('NFC');
  return pathProblem(path) === undefined ? path : undefined;
}
