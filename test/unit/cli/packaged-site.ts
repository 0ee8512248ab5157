import { installed, page } from '../registry/packages/resolved-site.js';
import { site, type Files } from '../registry/site.js';
import { modcast } from './program.js';

export const ESM = { type: 'module' };

/** Publishes a site of a page with this source and these packages. @returns runs modcast in its directory */
export async function packagedSite(source: string, ...packages: readonly Files[]) {
  const directory = await site(Object.assign({ 'index.html': page(source) }, ...packages) as Files);
  const run = (...args: string[]) => modcast(directory, args);
  const { code, err } = await run('publish', '--no-fuse');
  if (code !== 0) throw new Error(err);
  return { directory, run };
}

export { installed, page };
