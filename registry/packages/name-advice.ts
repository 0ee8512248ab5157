import { readdirSync } from 'node:fs';
import path from 'node:path';
import { closestName } from '../closest.js';
import { InstalledPackages } from './installed-packages.js';
import { splitSpecifier } from '../../schema/index.js';
import { PackageResolver } from './package-resolver.js';

/** Names that npm accepts for new packages. */
const NPM_NAME = /^(?:@[a-z\d~-][\w.~-]*\/)?[a-z\d~-][\w.~-]*$/;

/**
 * Why a bare name of a site leads to no package, and what to do: a clause for the end of a message. Empty
 * where nothing is known.
 *
 * @param directory of the site: absolute and real
 * @param importer in the site
 * @param conditions of `exports`, besides `default`
 */
export function nameAdvice(
  directory: string,
  importer: string,
  specifier: string,
  conditions: readonly string[],
): string {
  const packages = new InstalledPackages(directory);
  const resolver = new PackageResolver(conditions, packages, () => true);
  const found = resolver.resolve(path.join(directory, importer), specifier);
  if (found.state === 'builtin') {
    return `; ${JSON.stringify(found.name)} is a part of Node.js, which browsers do not have`;
  }
  if (found.state !== 'missing') return '';
  const parts = splitSpecifier(specifier);
  if (parts === null) return specifier.startsWith('#') ? `; ${found.reason}` : '';
  const from = path.dirname(path.join(directory, importer));
  if (resolver.directoryOf(from, parts.name) !== undefined) return `; ${found.reason}`;
  const near = closestName(parts.name, installedNames(from), parts.name.length > 3 ? 2 : 1);
  const meant = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
  return NPM_NAME.test(parts.name) ? `; ${found.reason}: run npm install ${parts.name}${meant}` : meant;
}

/** The names of the packages that files of a directory see. */
function installedNames(directory: string): string[] {
  const names: string[] = [];
  for (let at = directory; ; at = path.dirname(at)) {
    const modules = path.join(at, 'node_modules');
    for (const name of entriesOf(modules)) {
      if (!name.startsWith('@')) names.push(name);
      else names.push(...entriesOf(path.join(modules, name)).map((inner) => `${name}/${inner}`));
    }
    if (at === path.dirname(at)) return names.filter((name) => !name.startsWith('.'));
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
