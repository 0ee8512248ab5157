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
 */
export function parseRequestPath(pathname: string): RequestPath {
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
  // Drive letters, NTFS streams, and trailing dots and spaces, which Windows drops.
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return { state: 'malformed' };
  if (segments.some((segment) => /^[a-z]:|::|:\$|[. ]$/i.test(segment))) return { state: 'malformed' };
  if (segments.some((segment) => segment.startsWith('.'))) return { state: 'hidden' };
  return { state: 'plain', path, directory };
}
