import type { HotError, ModuleNamespace } from '../api.js';
import type { Contexts } from '../contexts.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { Boundary } from './propagate.js';
import type { UpdateReport } from './report.js';
import type { SwapResult } from './swap.js';

type Acceptor = ReturnType<Contexts['acceptorsOf']>[number];

/** A boundary with the callbacks of the instance that accepted. */
export interface Accepting extends Boundary {
  readonly acceptors: readonly Acceptor[];
}

/** To be called before a swap: it drops what the old instances registered. */
export function captureAcceptors(
  { running }: Pick<ModuleRecords, 'running'>,
  contexts: Pick<Contexts, 'acceptorsOf'>,
  boundaries: readonly Boundary[],
): Accepting[] {
  return boundaries.map(({ boundary, accepted }) => ({
    boundary,
    accepted,
    acceptors: contexts.acceptorsOf(running.get(boundary)?.target ?? '', accepted),
  }));
}

/** Calls the callbacks of the boundaries whose modules run. @returns the errors that they threw */
export function callAcceptors(
  all: readonly Accepting[],
  { modules, isReplaced }: Pick<SwapResult, 'modules' | 'isReplaced'>,
  report: Pick<UpdateReport, 'describe'>,
): HotError[] {
  const errors: HotError[] = [];
  for (const { boundary, accepted, acceptors } of all) {
    if (!modules.has(accepted)) continue;
    // A boundary that was replaced itself has imported the new instance already.
    if (boundary !== accepted && isReplaced(boundary)) continue;
    const module = modules.get(accepted) as ModuleNamespace;
    for (const { urls, callback } of acceptors) {
      try {
        callback(urls.map((url) => (url === accepted ? module : undefined)));
      } catch (error) {
        console.error(error);
        errors.push(report.describe(error));
      }
    }
  }
  return errors;
}
