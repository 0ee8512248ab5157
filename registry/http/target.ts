/** A request target's path as the site means it. */
export type Target =
  | { readonly state: 'plain'; readonly path: string; readonly directory: boolean }
  /** A dotfile: never served, and not to be told from one that does not exist. */
  | { readonly state: 'hidden' }
  /** Not a plain path, in any of the ways in which paths have been used to get at other files. */
  | { readonly state: 'malformed' };

/**
 * Decodes the path part of a request target once and refuses what is not a plain path. What comes out is the
 * string that is checked and the string that is opened. `directory`: it ended with a slash, or is the root.
 */
export function parseTarget(pathname: string): Target {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return { state: 'malformed' };
  }
  // oxlint-disable-next-line no-control-regex
  if (!decoded.startsWith('/') || /[\u0000-\u001f\u007f\\#]/.test(decoded)) return { state: 'malformed' };
  if (!decoded.isWellFormed()) return { state: 'malformed' };
  const directory = decoded.endsWith('/');
  const path = decoded.slice(1, directory && decoded.length > 1 ? -1 : undefined);
  if (path === '') return { state: 'plain', path, directory: true };
  const segments = path.split('/');
  // Drive letters and NTFS streams have no meaning here, and on Windows too much of one.
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return { state: 'malformed' };
  if (segments.some((segment) => /^[a-z]:|::|:\$|[. ]$/i.test(segment))) return { state: 'malformed' };
  if (segments.some((segment) => segment.startsWith('.'))) return { state: 'hidden' };
  return { state: 'plain', path, directory };
}
