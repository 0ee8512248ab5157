import { readdir } from 'node:fs/promises';
import { ModcastError, type Manifest } from '../../schema/index.js';

/**
 * `/app.html` and `./app.html` are the path `app.html`.
 * @throws ModcastError `option-invalid`: `--single public` would take the directory for the page
 */
export function pageOf(single: string): string {
  if (/\.x?html?$/i.test(single)) return single.replace(/^\.?\/+/, '');
  const message = `--single takes a page such as index.html, not ${single}; put the directory before --single`;
  throw new ModcastError('option-invalid', message, { expected: 'the path of a page', found: single });
}

/** The page that every route shows; null where each has its own. */
export const singlePage = ({ single }: { readonly single?: string | true }): string | null =>
  single === undefined ? null : single === true ? 'index.html' : pageOf(single);

/** Also one that the deploy leaves out is served. */
export async function hasPage(dir: string, { modules }: Manifest): Promise<boolean> {
  if ([...modules.values()].some(({ type }) => type === 'text/html')) return true;
  return (await readdir(dir)).some((name) => /\.x?html?$/i.test(name));
}
