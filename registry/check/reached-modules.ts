import type { Diagnostic, Path } from '../../schema/index.js';
import type { SiteImport } from './site-imports.js';

export type Severity = Diagnostic['severity'];

export interface ReachOptions {
  readonly roots: readonly Path[];
  readonly importsOf: (path: Path) => readonly SiteImport[];
  readonly isModule: (path: Path) => boolean;
}

/**
 * The modules that a site's pages load: with `error` those that the entries import statically, directly or
 * not, and with `warning` those that only an `import()` reaches.
 */
export function reachedModules({ roots, importsOf, isModule }: ReachOptions): Map<Path, Severity> {
  const reached = new Map<Path, Severity>();
  const dynamic: Path[] = [];
  const visit = (start: readonly Path[], severity: Severity) => {
    const queue = [...start];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (reached.has(path) || !isModule(path)) continue;
      reached.set(path, severity);
      for (const { kind, targets } of importsOf(path)) {
        if (kind === 'static' || severity === 'warning') queue.push(...targets);
        else dynamic.push(...targets);
      }
    }
  };
  visit(roots, 'error');
  visit(dynamic, 'warning');
  return reached;
}
