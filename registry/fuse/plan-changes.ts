import { diffManifests, manifestToJson, type Manifest, type Path } from '../../schema/index.js';
import type { PlanJob, PlannedRun, WholePlan } from './fuse-jobs.js';

/**
 * The rows that a worker needs to plan a deploy.
 *
 * @param before what the worker has planned last
 */
export function rowsToPlan(
  before: Manifest | undefined,
  manifest: Manifest,
): Pick<PlanJob, 'modules' | 'isDifference'> {
  if (before !== undefined && before.modules.size === manifest.modules.size) {
    const { set, delete: gone } = diffManifests(before, manifest);
    if (gone.length === 0) return { modules: set, isDifference: true };
  }
  return { modules: manifestToJson(manifest).modules, isDifference: false };
}

/** A plan of which some runs have changed. It shares the other ones with the plan before. */
export function withChanged(before: WholePlan, runs: readonly PlannedRun[]): WholePlan {
  const changed = new Map(runs.map((run) => [run.name, run]));
  return { ...before, runs: before.runs.map((run) => changed.get(run.name) ?? run) };
}

/**
 * A plan from another process with the manifest's own strings. Those of a message are copies, one for each
 * mention, and the runs of many deploys are kept.
 */
export function withPathsOf({ modules }: Manifest, plan: WholePlan): WholePlan {
  const own = new Map([...modules.keys()].map((path) => [path, path]));
  const share = (paths: readonly Path[]) => paths.map((path) => own.get(path) ?? path);
  const runs = plan.runs.map((run): PlannedRun => ({
    ...run,
    name: own.get(run.name) ?? run.name,
    members: share(run.members),
    runs: share(run.runs),
    modules: share(run.modules),
    dynamic: share(run.dynamic),
  }));
  return { ...plan, runs };
}
