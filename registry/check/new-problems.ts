import type { Diagnostic } from '../../schema/index.js';

/** Problems without those of imports that others are about already. */
export function newProblems(found: readonly Diagnostic[], known: readonly Diagnostic[]): Diagnostic[] {
  const idOf = ({ path, specifier }: Diagnostic) => JSON.stringify([path, specifier]);
  const ids = new Set(known.filter(({ specifier }) => specifier !== undefined).map(idOf));
  return found.filter((one) => one.specifier === undefined || !ids.has(idOf(one)));
}
