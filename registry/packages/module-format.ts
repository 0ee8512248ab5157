import { parse } from 'es-module-lexer';
import { isTypeScript } from '../transform/kinds.js';
import type { InstalledPackages } from './installed-packages.js';

/** How a file of a package gets to a browser. `other`: as it is. */
export type ModuleFormat = 'module' | 'commonjs' | 'json' | 'other';

/** Names that only a CommonJS module has. */
const COMMONJS = /\b(?:module|exports|require|__dirname|__filename)\b/;

/**
 * The format of a file, by its name, the `type` of its `package.json`, and its content: packages for bundlers
 * have ES modules in `.js` files without a `type`.
 */
export function moduleFormat(file: string, source: string, packages: InstalledPackages): ModuleFormat {
  if (/\.json$/i.test(file)) return 'json';
  if (/\.mjs$/i.test(file) || isTypeScript(file)) return 'module';
  if (/\.cjs$/i.test(file)) return 'commonjs';
  if (!/\.js$/i.test(file) && /\.[^./\\]+$/.test(file)) return 'other';
  if (packages.typeOf(file) === 'module' || hasModuleSyntax(source)) return 'module';
  return COMMONJS.test(source) ? 'commonjs' : 'module';
}

/** Whether a source has an import, an export or `import.meta`. An `import()` may be in any script. */
function hasModuleSyntax(source: string): boolean {
  // Most sources without these words are found without parsing.
  if (!/\b(?:import|export)\b/.test(source)) return false;
  try {
    return parse(source)[3];
  } catch {
    return false;
  }
}
