import { isHidden } from '../../../schema/index.js';
import { windowsNameProblem } from '../../windows-names.js';

/** The path of a request, decoded. */
export type RequestPath =
  | { readonly state: 'plain'; readonly path: string; readonly directory: boolean }
  /** A dotfile: never served, and answered like a file that does not exist. */
  | { readonly state: 'hidden' }
  /** Not a plain path: it may be an attempt to read files outside of the site. */
  | { readonly state: 'malformed' };

/**
 * Decodes the path of a request once, and rejects all but plain paths. The returned string is both the one
 * that is checked and the one that is opened. `directory`: the path ends with a slash, or is the root.
 *
 * @param isWindows whether the file system gives some characters of a name a meaning: drives, streams
 */
export function parseRequestPath(pathname: string, isWindows = process.platform === 'win32'): RequestPath {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return { state: 'malformed' };
  }
  // oxlint-disable-next-line no-control-regex
  if (!decoded.startsWith('/') || /[\u0000-\u001f\u007f]/.test(decoded)) return { state: 'malformed' };
  if (!decoded.isWellFormed()) return { state: 'malformed' };
  const directory = decoded.endsWith('/');
  const path = decoded.slice(1, directory && decoded.length > 1 ? -1 : undefined);
  if (path === '') return { state: 'plain', path, directory: true };
  if (path.split('/').includes('')) return { state: 'malformed' };
  // Also around a backslash, which separates segments on Windows only.
  if (path.split(/[/\\]/).some((segment) => segment === '.' || segment === '..'))
    return { state: 'malformed' };
  if (isWindows && windowsNameProblem(path) !== undefined) return { state: 'malformed' };
  return isHidden(path) ? { state: 'hidden' } : { state: 'plain', path, directory };
}
