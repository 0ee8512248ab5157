import path from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import type { Diagnostic, Path } from '../../schema/index.js';
import type { DeployPaths } from './deploy-paths.js';
import type { InstalledPackage, InstalledPackages, PackageJson } from './installed-packages.js';
import { specifierPlace } from './specifier-place.js';

/** What breaks when a page has two copies of a package. */
const SINGLETONS: ReadonlyMap<string, string> = new Map([
  ...['react', 'react-dom', 'preact'].map((name) => [name, 'hooks and contexts fail across copies'] as const),
  ...['lit', 'lit-html', 'lit-element', '@lit/reactive-element'].map(
    (name) => [name, 'templates and elements of one copy are unknown to the other'] as const,
  ),
  ...['vue', '@vue/reactivity', 'svelte', 'solid-js', 'mobx', 'rxjs', '@preact/signals-core'].map(
    (name) => [name, 'one copy does not see the state of the other'] as const,
  ),
  ...['three', '@babylonjs/core', 'graphql', 'yjs', '@codemirror/state', '@codemirror/view'].map(
    (name) => [name, '`instanceof` fails across copies'] as const,
  ),
  ...['react-router', 'styled-components', '@emotion/react', 'i18next', 'zone.js'].map(
    (name) => [name, 'each copy has its own state'] as const,
  ),
]);

/** An import of one package by a file of the site, or of another package. */
export interface PackageUse {
  /** Absolute and real. */
  readonly importer: string;
  readonly specifier: string;
  /** Absolute and real. */
  readonly file: string;
}

export interface VersionsOptions {
  readonly uses: readonly PackageUse[];
  readonly packages: InstalledPackages;
  readonly paths: DeployPaths;
  /** Of the site: absolute and real. */
  readonly directory: string;
}

/** Warnings about copies of a package that must be one, and versions that an importer does not want. */
export function versionWarnings({ uses, packages, paths, directory }: VersionsOptions): Diagnostic[] {
  const copies = new Map<string, Map<string, PackageUse>>();
  const unwanted = new Map<string, Diagnostic>();
  for (const use of uses) {
    if (packages.isOfSite(use.file)) continue;
    const found = packages.packageOf(use.file);
    const importers = copies.get(found.name) ?? new Map<string, PackageUse>();
    copies.set(found.name, importers);
    if (!importers.has(found.directory)) importers.set(found.directory, use);
    const by = packages.isOfSite(use.importer) ? null : packages.packageOf(use.importer);
    const key = `${by?.directory ?? ''} ${found.directory}`;
    const warning = unwanted.has(key) ? undefined : rangeWarning(use, found, by);
    if (warning !== undefined) unwanted.set(key, warning);
  }
  return [...unwanted.values(), ...copyWarnings()];

  function warningAt(importer: string, specifier: string, message: string): Diagnostic {
    const place = specifierPlace(importer, specifier);
    return { path: pathOf(importer), kind: 'import', severity: 'warning', message, ...place, specifier };
  }

  function pathOf(file: string): Path {
    return packages.isOfSite(file)
      ? path.relative(directory, file).split(path.sep).join('/')
      : paths.of(file);
  }

  function rangeWarning(
    { importer, specifier }: PackageUse,
    { name, version }: InstalledPackage,
    by: InstalledPackage | null,
  ): Diagnostic | undefined {
    if (by?.name === name) return undefined;
    const range = by === null ? siteRange(importer, name) : rangeIn(by.description, name);
    if (range === undefined || validRange(range) === null) return undefined;
    if (satisfies(version, range, { includePrerelease: true })) return undefined;
    const who = by === null ? 'the package.json of the site' : `${by.name} ${by.version}`;
    return warningAt(
      importer,
      specifier,
      `${who} wants ${name} ${range}, and ${version} is installed${by === null ? '; run npm install' : ''}`,
    );
  }

  function siteRange(importer: string, name: string): string | undefined {
    for (let at = path.dirname(importer); ; at = path.dirname(at)) {
      const range = rangeIn(packages.describe(at) ?? {}, name);
      if (range !== undefined || at === path.dirname(at)) return range;
    }
  }

  function copyWarnings(): Diagnostic[] {
    return [...copies].flatMap(([name, importers]) => {
      const why = SINGLETONS.get(name);
      if (why === undefined || importers.size < 2) return [];
      const list = [...importers].map(([at, { importer }]) => {
        const { version } = packages.packageOf(path.join(at, 'package.json'));
        return `${version} for ${pathOf(importer)}`;
      });
      const { importer, specifier } = [...importers.values()].at(-1)!;
      const advice = `npm dedupe, or a rule for ${JSON.stringify(name)} in the page's import map, makes them one`;
      return [
        warningAt(
          importer,
          specifier,
          `${importers.size} copies of ${name}: ${list.join(', ')}; ${why}. ${advice}`,
        ),
      ];
    });
  }
}

function rangeIn(description: PackageJson, name: string): string | undefined {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = description;
  for (const list of [dependencies, peerDependencies, optionalDependencies, devDependencies]) {
    const range: unknown = (list as Record<string, unknown> | undefined)?.[name];
    if (typeof range === 'string') return range;
  }
  return undefined;
}
