import { readFileSync } from 'node:fs';
import path from 'node:path';
import { byCodeUnit } from '../../schema/index.js';
import type { InstalledPackage, PackageJson } from './installed-packages.js';

/** What a deploy says of a package besides its files. */
export interface PackageFacts {
  /** As its `package.json` says: an SPDX expression, or other text. */
  readonly license?: string;
  /** Subresource Integrity of the package's archive, as the lock file has it. */
  readonly integrity?: string;
}

/** By `name@version`, as in the paths of a deploy. */
export type PackageList = Readonly<Record<string, PackageFacts>>;

/**
 * What is known of packages.
 * @param packages with their names in the deploy, such as `lit@3.3.3`
 */
export function packageList(packages: Iterable<readonly [id: string, InstalledPackage]>): PackageList {
  const integrities = new Map<string, ReadonlyMap<string, string>>();
  const list: [string, PackageFacts][] = [];
  for (const [id, { directory, description }] of packages) {
    const license = licenseOf(description);
    const integrity = integrityOf(directory, integrities);
    list.push([
      id,
      { ...(license === undefined ? {} : { license }), ...(integrity === undefined ? {} : { integrity }) },
    ]);
  }
  return Object.fromEntries(list.toSorted(([a], [b]) => byCodeUnit(a, b)));
}

/** Reads a list that may have been written by hand. What it says of unknown fields is left out. */
export function parsePackageList(text: string): PackageList {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return {};
  }
  const list = Object.entries(isObject(found) ? found : {}).map(([id, facts]) => {
    const { license, integrity } = isObject(facts) ? facts : {};
    const known: PackageFacts = {
      ...(typeof license === 'string' ? { license } : {}),
      ...(typeof integrity === 'string' ? { integrity } : {}),
    };
    return [id, known] as const;
  });
  return Object.fromEntries(list);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Older packages have `{ "type": "MIT" }`, or a list of them, of which one can be chosen. */
function licenseOf({ license, licenses }: PackageJson): string | undefined {
  const named = (one: unknown): string[] => {
    const text = isObject(one) ? one['type'] : one;
    return typeof text === 'string' && text.trim() !== '' ? [text.trim()] : [];
  };
  const names = named(license ?? (Array.isArray(licenses) ? undefined : licenses));
  if (names.length > 0) return names[0];
  const choices = [license, licenses].flatMap((one) => (Array.isArray(one) ? one.flatMap(named) : []));
  return choices.length < 2 ? choices[0] : `(${choices.join(' OR ')})`;
}

/** What npm has written about an install. Other package managers keep it elsewhere. */
const INSTALLED_LOCK = '.package-lock.json';

function integrityOf(directory: string, known: Map<string, ReadonlyMap<string, string>>): string | undefined {
  const segments = directory.split(path.sep);
  const at = segments.indexOf('node_modules');
  if (at === -1) return undefined;
  const root = segments.slice(0, at).join(path.sep);
  let found = known.get(root);
  if (found === undefined) known.set(root, (found = readIntegrities(root)));
  return found.get(segments.slice(at).join('/'));
}

function readIntegrities(root: string): Map<string, string> {
  const found = new Map<string, string>();
  try {
    const file = path.join(root, 'node_modules', INSTALLED_LOCK);
    const lock: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const packages = isObject(lock) && isObject(lock['packages']) ? lock['packages'] : {};
    for (const [place, one] of Object.entries(packages)) {
      if (isObject(one) && typeof one['integrity'] === 'string') found.set(place, one['integrity']);
    }
  } catch {
    // Without that file the integrity is not known.
  }
  return found;
}
