/**
 * The key of a page: its URL without fragment, and without what routes of static hosts leave open.
 * `/about.html` is `/about`, and `/blog/index.html` is `/blog/`.
 */
export function pageKey(url: string): string {
  const [, path = '', query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(url)!;
  return path.replace(/\/index(?:\.html)?$/, '/').replace(/\.html$/, '') + query;
}

/** The key with a slash at the end of its path, or without one. Undefined for the root of an origin. */
export function otherSlash(key: string): string | undefined {
  const path = key.replace(/\?.*/s, '');
  if (!path.endsWith('/')) return `${path}/`;
  return /^\w+:\/\/[^/]*\/$/.test(path) ? undefined : path.slice(0, -1);
}
