import type { Hash } from '../../schema/index.js';
import type { Deploy } from '../store/store.js';

export type Verdict = 'good' | 'bad' | 'skip';

export interface BisectStep {
  readonly deploy: Deploy;
  readonly verdict: Verdict;
  /** Deploys that may still be the first bad one. */
  readonly left: number;
}

export type BisectResult =
  | { readonly state: 'found'; readonly deploy: Deploy }
  /** The deploys between could not be judged: one of these, oldest first, is the first bad one. */
  | { readonly state: 'skipped'; readonly among: readonly Deploy[] };

/**
 * Finds the first bad of a line of deploys by halving it. The deploy before the first is good, the last is bad. Each
 * manifest is judged once.
 *
 * @param deploys oldest first, at least one
 */
export async function bisect(
  deploys: readonly Deploy[],
  judge: (deploy: Deploy) => Promise<Verdict>,
  onStep: (step: BisectStep) => void = () => {},
): Promise<BisectResult> {
  const verdicts = new Map<Hash, Verdict>();
  const skipped = new Set<Deploy>();
  let low = 0;
  let high = deploys.length - 1;
  while (low < high) {
    const middle = (low + high - 1) / 2;
    const open = deploys.slice(low, high).filter((deploy) => !skipped.has(deploy));
    // Of those not skipped the nearest to the middle.
    const [deploy] = open.toSorted(
      (a, b) => Math.abs(deploys.indexOf(a) - middle) - Math.abs(deploys.indexOf(b) - middle),
    );
    if (deploy === undefined) return { state: 'skipped', among: deploys.slice(low, high + 1) };
    const verdict = verdicts.get(deploy.manifest) ?? (await judge(deploy));
    verdicts.set(deploy.manifest, verdict);
    const index = deploys.indexOf(deploy);
    if (verdict === 'bad') high = index;
    else if (verdict === 'good') low = index + 1;
    else skipped.add(deploy);
    onStep({ deploy, verdict, left: high - low + 1 });
  }
  return { state: 'found', deploy: deploys[high]! };
}
