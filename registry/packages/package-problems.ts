import { readFileSync } from 'node:fs';
import { excerpt, type Diagnostic, type Path } from '../../schema/index.js';
import { position } from '../ingest/syntax.js';
import type { DeployPaths } from './deploy-paths.js';
import type { InstalledPackages } from './installed-packages.js';
import type { PackageFailure, PackageWalk } from './package-walk.js';
import type { SiteFiles, SiteName } from './site-names.js';

export interface ProblemsOptions {
  readonly site: SiteFiles;
  /** Of the site: absolute and real. */
  readonly directory: string;
  readonly walk: PackageWalk;
  /** The names of the site that lead to files. */
  readonly names: readonly (SiteName & { readonly file: string })[];
  readonly paths: DeployPaths;
  readonly packages: InstalledPackages;
}

/** What cannot work in the packages that a site imports. */
export async function packageProblems(options: ProblemsOptions): Promise<Diagnostic[]> {
  const { walk } = options;
  return walk.failures.map((failure) => diagnosticOf(failure, options));
}

function diagnosticOf(
  failure: PackageFailure,
  { walk, paths, packages, directory }: ProblemsOptions,
): Diagnostic {
  const { importer, specifier, kind, found } = failure;
  const source = readFileSync(importer, 'utf8');
  const at = Math.max(0, source.search(new RegExp(`(["'\`])${escape(specifier)}\\1`)));
  const place = position(source, at);
  const { name } = packages.packageOf(importer);
  const by = siteImporter(importer, walk, packages, directory);
  const reason =
    found.state === 'builtin'
      ? `the package ${name} needs Node's ${JSON.stringify(found.name)}, and has no version for browsers`
      : `the package ${name} imports ${JSON.stringify(specifier)}: ${found.state === 'missing' ? found.reason : 'it is ignored'}`;
  const path: Path = paths.of(importer);
  return {
    path,
    kind: kind === 'dynamic' ? 'dynamic-import' : 'import',
    severity: kind === 'dynamic' ? 'warning' : 'error',
    message: by === undefined ? reason : `${reason}; ${by} imports the package`,
    ...place,
    frame: excerpt(source, place.line, place.column),
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
  for (let at: string | undefined = file; at !== undefined; at = walk.importers.get(at)) {
    if (packages.isOfSite(at)) return at.slice(directory.length + 1);
  }
  return undefined;
}

const escape = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
