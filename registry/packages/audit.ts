import semver from 'semver';
import { z } from 'zod';
import { ModcastError } from '../../schema/index.js';
import type { DeployPackage } from './deploy-packages.js';

/** From the least to the worst. */
export const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** An advisory for an installed version of a package. */
export interface Finding {
  readonly name: string;
  readonly version: string;
  readonly severity: Severity;
  readonly title: string;
  /** Where the advisory is published. */
  readonly url: string;
  /** Of the affected versions, as npm writes it: `>=1.0.0 <1.2.3`. */
  readonly vulnerable: string;
  /** The least version above the installed one that is not affected, or `>1.2.3`. Null: there is none. */
  readonly fixedIn: string | null;
}

export interface AuditOptions {
  /** Ends with "/". */
  readonly registry: URL;
  readonly fetch?: typeof fetch;
}

/** The route by which npm asks, below the registry. */
const ROUTE = '-/npm/v1/security/advisories/bulk';

/** Milliseconds until the registry has to have answered. */
const PATIENCE_MS = 30_000;

const Advisory = z.object({
  title: z.string().catch('(no title)'),
  url: z.string().catch(''),
  // What is not known is not taken for harmless.
  severity: z.enum(SEVERITIES).catch('high'),
  vulnerable_versions: z.string().catch('*'),
});

/** By the name of the package. */
const Advisories = z.record(z.string(), z.array(Advisory));

/**
 * Asks an npm registry for advisories about packages. It gets their names and versions, and nothing else.
 *
 * @returns the worst first
 * @throws ModcastError `advisories-unavailable`
 */
export async function auditPackages(
  packages: readonly Pick<DeployPackage, 'name' | 'version'>[],
  options: AuditOptions,
): Promise<Finding[]> {
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of packages)
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  if (versions.size === 0) return [];
  const advisories = await askRegistry(versions, options);
  const found = [...versions].flatMap(([name, installed]) =>
    [...installed].flatMap((version) =>
      (Object.hasOwn(advisories, name) ? advisories[name]! : [])
        .filter((one) => isAffected(version, one.vulnerable_versions))
        .map(({ severity, title, url, vulnerable_versions: vulnerable }): Finding => {
          return { name, version, severity, title, url, vulnerable, fixedIn: fixFor(version, vulnerable) };
        }),
    ),
  );
  return found.toSorted(
    (a, b) =>
      rankOf(b.severity) - rankOf(a.severity) ||
      a.name.localeCompare(b.name, 'en') ||
      semver.compare(a.version, b.version) ||
      a.url.localeCompare(b.url, 'en'),
  );
}

const rankOf = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** Whether a severity is at least another one. */
export const isAtLeast = (severity: Severity, level: Severity): boolean => rankOf(severity) >= rankOf(level);

const LENIENT = { loose: true, includePrerelease: true };

/** A version or a range that cannot be read is taken for affected: the registry has named it. */
function isAffected(version: string, range: string): boolean {
  if (semver.valid(version, LENIENT) === null || semver.validRange(range, LENIENT) === null) return true;
  return semver.satisfies(version, range, LENIENT);
}

/** Follows the ends of the ranges that have the version, until one is outside of all of them. */
export function fixFor(version: string, vulnerable: string): string | null {
  if (semver.valid(version, LENIENT) === null || semver.validRange(vulnerable, LENIENT) === null) return null;
  const { set } = new semver.Range(vulnerable, LENIENT);
  let at = version;
  for (;;) {
    const inside = set.find((comparators) => comparators.every((one) => one.test(at)));
    if (inside === undefined) return at;
    const ends = inside.filter(({ operator }) => operator === '<' || operator === '<=');
    const end = ends.toSorted((a, b) => semver.compare(a.semver, b.semver))[0];
    if (end === undefined) return null;
    if (end.operator === '<=') return `>${end.semver.version}`;
    // A range such as `^1.0.0` ends before `2.0.0-0`, which nobody publishes.
    const { major, minor, patch, prerelease, version: first } = end.semver;
    at = prerelease.length === 1 && prerelease[0] === 0 ? `${major}.${minor}.${patch}` : first;
  }
}

async function askRegistry(
  versions: ReadonlyMap<string, ReadonlySet<string>>,
  { registry, fetch: ask = fetch }: AuditOptions,
): Promise<z.infer<typeof Advisories>> {
  const url = new URL(ROUTE, registry);
  const fail = (why: string, cause?: unknown) =>
    new ModcastError('advisories-unavailable', `${registry.host}: ${why}`, { found: url.href, cause });
  let response: Response;
  let text: string;
  try {
    response = await ask(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(Object.fromEntries([...versions].map(([name, list]) => [name, [...list]]))),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw fail(`the npm registry did not answer (${reasonOf(cause)})`, cause);
  }
  const { status } = response;
  if (status === 401 || status === 403)
    throw fail(`the npm registry wants a login (${status}), and modcast sends none; ${OTHER}`);
  if (status === 429 || status >= 500) throw fail(`the npm registry answered ${status}; try again later`);
  if (!response.ok)
    throw fail(`the npm registry has no advisories: POST ${url.pathname} gets ${status}; ${OTHER}`);
  try {
    return Advisories.parse(JSON.parse(text));
  } catch (cause) {
    throw fail(`the answer is not that of an npm registry; ${OTHER}`, cause);
  }
}

const OTHER = 'name another registry with --registry <url>';

/** The reason is in the causes of the error that `fetch` throws. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as { name?: string; message?: string; cause?: unknown };
  if (name === 'TimeoutError') return `nothing for ${PATIENCE_MS / 1000} s`;
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : (message ?? 'unknown');
}
