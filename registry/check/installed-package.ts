import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isPath, type Path } from '../../schema/index.js';

/** Conditions of `exports` that hold for a module in a browser. */
const CONDITIONS: ReadonlySet<string> = new Set(['browser', 'import', 'module', 'default']);

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A package in the site's `node_modules`. */
export interface InstalledPackage {
  /** Its folder in the site. */
  readonly folder: Path;
  /** The file that a specifier means, in the site. Undefined when its `package.json` does not say. */
  readonly file: Path | undefined;
}

/**
 * The installed package that a bare specifier means, by the `package.json` of that package.
 *
 * @param directory of the site
 */
export async function installedPackage(
  directory: string,
  specifier: string,
): Promise<InstalledPackage | null> {
  const [, name, rest = ''] = /^((?:@[\w.~-]+\/)?[\w~-][\w.~-]*)(\/.+)?$/.exec(specifier) ?? [];
  if (name === undefined) return null;
  const folder = `node_modules/${name}`;
  let description: Json;
  try {
    description = JSON.parse(await readFile(path.join(directory, folder, 'package.json'), 'utf8')) as Json;
  } catch {
    return null;
  }
  const target = targetOf(description, `.${rest}`);
  const file = target === undefined ? undefined : path.posix.join(folder, target);
  return { folder, file: isPath(file) && file.startsWith(`${folder}/`) ? file : undefined };
}

/** @param subpath `.` or `./…` */
function targetOf(description: Json, subpath: string): string | undefined {
  if (!isObject(description)) return undefined;
  const { exports } = description;
  if (exports !== undefined) {
    const isMap = isObject(exports) && Object.keys(exports).some((key) => key.startsWith('.'));
    return chosen(isMap ? exports[subpath] : subpath === '.' ? exports : undefined);
  }
  if (subpath !== '.') return subpath;
  const main = [description['module'], description['main']].find((one) => typeof one === 'string');
  return main ?? 'index.js';
}

/** The target under the conditions of a browser. */
function chosen(target: Json | undefined): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return (target as readonly Json[]).map(chosen).find((one) => one !== undefined);
  if (!isObject(target)) return undefined;
  for (const [condition, value] of Object.entries(target)) {
    const found = CONDITIONS.has(condition) ? chosen(value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
