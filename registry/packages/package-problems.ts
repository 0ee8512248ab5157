import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../../schema/index.js';
import { certainRequires } from './certain-requires.js';
import type { DeployPaths } from './deploy-paths.js';
import type { InstalledPackages } from './installed-packages.js';
import type { Found, PackageResolver } from './package-resolver.js';
import type { PackageWalk } from './package-walk.js';
import type { SiteName } from './site-names.js';
import { specifierPlace } from './specifier-place.js';
import { versionWarnings, type PackageUse } from './version-warnings.js';

export interface ProblemsOptions {
  /** Of the site: absolute and real. */
  readonly directory: string;
  readonly walk: PackageWalk;
  /** The names of the site that lead to files. */
  readonly names: readonly (SiteName & { readonly file: string })[];
  readonly paths: DeployPaths;
  readonly packages: InstalledPackages;
  readonly resolver: Pick<PackageResolver, 'resolve'>;
}

/** An import of a package that leads nowhere. */
interface Failure {
  readonly importer: string;
  readonly specifier: string;
  readonly kind: 'static' | 'dynamic';
  readonly severity: 'error' | 'warning';
  readonly found: Found;
}

/** What cannot work, or may not, in the packages that a site imports. Errors first. */
export function packageProblems(options: ProblemsOptions): Diagnostic[] {
  const { walk } = options;
  const failures = walk.failures.map((failure): Failure => {
    const kind = failure.kind === 'dynamic' ? 'dynamic' : 'static';
    return { ...failure, kind, severity: kind === 'dynamic' ? 'warning' : 'error' };
  });
  const found = [...failures, ...failingRequires(options)].map((failure) => diagnosticOf(failure, options));
  const isError = ({ severity }: Diagnostic) => severity === 'error';
  const warnings = versionWarnings({ ...options, uses: usesOf(options) });
  return [...found.filter(isError), ...found.filter((one) => !isError(one)), ...warnings];
}

/**
 * Calls of `require` that throw whenever their module runs. Only those of a module that is imported itself
 * are errors: others may be required under a condition.
 */
function* failingRequires({ walk, resolver }: ProblemsOptions): Generator<Failure> {
  for (const [directory, { stubs }] of walk.conversions) {
    for (const { importer: name, specifier } of stubs) {
      const importer = path.join(directory, name);
      if (!certainRequires(readFileSync(importer, 'utf8')).has(specifier)) continue;
      const severity = walk.entries.get(directory)!.has(name) ? 'error' : 'warning';
      yield { importer, specifier, kind: 'static', severity, found: resolver.resolve(importer, specifier) };
    }
  }
}

function usesOf({ walk, names, directory, resolver }: ProblemsOptions): PackageUse[] {
  const uses: PackageUse[] = names.map(({ importer, specifier, file }) => {
    return { importer: path.join(directory, importer), specifier, file };
  });
  for (const [importer, { imports }] of walk.modules) {
    for (const { specifier, target } of imports) {
      if (target !== null && !specifier.startsWith('.')) uses.push({ importer, specifier, file: target });
    }
  }
  for (const [at, { imports }] of walk.conversions) {
    for (const { importer, specifier } of imports) {
      const found = resolver.resolve(path.join(at, importer), specifier);
      if (found.state !== 'file' || specifier.startsWith('.')) continue;
      uses.push({ importer: path.join(at, importer), specifier, file: walk.chosen(found.file) });
    }
  }
  return uses;
}

function diagnosticOf(failure: Failure, { walk, paths, packages, directory }: ProblemsOptions): Diagnostic {
  const { importer, specifier, kind, severity, found } = failure;
  const { name } = packages.packageOf(importer);
  const by = siteImporter(importer, walk, packages, directory);
  const reason =
    found.state === 'builtin'
      ? `the package ${name} needs Node's ${JSON.stringify(found.name)}, which browsers do not have`
      : `the package ${name} imports ${JSON.stringify(specifier)}: ${found.state === 'missing' ? found.reason : 'there is no such file'}`;
  return {
    path: paths.of(importer),
    kind: kind === 'dynamic' ? 'dynamic-import' : 'import',
    severity,
    message: by === undefined ? reason : `${reason}; ${by} brings in the package`,
    ...specifierPlace(importer, specifier),
    specifier,
    failure: 'unmapped',
  };
}

/** The file of the site that reaches a file of a package. */
function siteImporter(
  file: string,
  walk: PackageWalk,
  packages: InstalledPackages,
  directory: string,
): string | undefined {
  const seen = new Set<string>();
  for (let at: string | undefined = file; at !== undefined && !seen.has(at); at = walk.importerOf(at)) {
    if (packages.isOfSite(at)) return path.relative(directory, at).split(path.sep).join('/');
    seen.add(at);
  }
  return undefined;
}
