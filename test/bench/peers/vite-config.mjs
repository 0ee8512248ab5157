import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * What Vite's dev server and its build have in common here. Vite reads no configuration file. It resolves
 * imports itself, so the page's import map becomes aliases, which a user of Vite would write by hand.
 *
 * @param {string} directory of the site
 * @returns {import('vite').InlineConfig}
 */
export const commonConfig = (directory) => ({
  root: directory,
  configFile: false,
  appType: 'mpa',
  logLevel: 'error',
  resolve: { alias: aliases(directory) },
});

/** @param {string} directory */
function aliases(directory) {
  const page = readFileSync(path.join(directory, 'index.html'), 'utf8');
  const text = /<script type="importmap">([^]*?)<\/script>/.exec(page)?.[1];
  /** @type {Record<string, string>} */
  const imports = text === undefined ? {} : JSON.parse(text).imports;
  return Object.entries(imports).map(([specifier, target]) => ({
    // The specifiers of the sites are plain words and paths. A key with a slash at its end is a prefix.
    find: new RegExp(specifier.endsWith('/') ? `^${specifier}` : `^${specifier}$`),
    replacement: path.join(directory, target),
  }));
}
