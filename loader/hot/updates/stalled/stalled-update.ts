import { moduleAt } from '../../../../importmap/site.js';
import type { Hash } from '../../../../schema/hash.js';
import { Failure } from '../../errors/failure.js';
import type { ModuleInstance } from '../../modules/module-instance.js';
import type { ModuleRecords } from '../../modules/module-records.js';
import type { SwapResult } from '../swap.js';
import type { StalledUpdate } from './stalled-updates.js';

/** What a swap gave up. Null when it gave up nothing. */
export function stalledUpdate(
  { pending, givenUp }: SwapResult,
  outdated: readonly string[],
  records: ModuleRecords,
): StalledUpdate | null {
  if (pending.size === 0) return null;
  const failureOf = (url: string): Failure => {
    const path = records.pathOf(url);
    return new Failure(`${path}, or a module that it imports, still waits at a top-level await`, path);
  };
  return {
    roots: new Map([...pending.keys()].map((url) => [url, failureOf(url)])),
    hashes: new Map(givenUp.map(({ url, hash }) => [url, hash])),
    dependencies: otherDependencies(givenUp, records),
    outdated,
    settled: Promise.race(pending.values()).then(
      () => {},
      () => {},
    ),
  };
}

/** The newest versions of what instances import, apart from the instances themselves. */
function otherDependencies(
  instances: readonly ModuleInstance[],
  { running, site }: Pick<ModuleRecords, 'running' | 'site'>,
): Map<string, Hash> {
  const own = new Set(instances.map(({ url }) => url));
  const urls = new Set(instances.flatMap(({ imports }) => imports));
  const newest = new Map<string, Hash>();
  for (const url of urls) {
    const module = own.has(url) ? undefined : moduleAt(site, url);
    if (module === undefined) continue;
    newest.set(url, module.hash);
    for (const next of running.get(url)?.imports ?? []) urls.add(next);
  }
  return newest;
}
