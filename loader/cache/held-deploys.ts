import type { Hash } from '../../schema/hash.js';

/** Tells other tabs of the site that this one runs a deploy, for as long as it is open. */
export const holdDeploy = (manifest: Hash): void =>
  void navigator.locks.request(manifest, { mode: 'shared' }, () => new Promise(() => {}));

/** What tabs hold. Nothing where the browser has no locks: only secure contexts have them. */
export async function heldDeploys(): Promise<Set<string | undefined>> {
  const locks = await globalThis.navigator?.locks?.query();
  return new Set(locks?.held?.map(({ name }) => name));
}
