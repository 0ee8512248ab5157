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
  /** One of the ends is not what it was said to be: nothing between was tried. */
  | { readonly state: 'mistaken'; readonly deploy: Deploy; readonly verdict: 'good' | 'bad' }
  | { readonly state: 'found'; readonly deploy: Deploy }
  /** The deploys between could not be judged: one of these, oldest first, is the first bad one. */
  | { readonly state: 'skipped'; readonly among: readonly Deploy[] };

/**
 * Finds the first bad of a line of deploys by halving it, once both ends have been found to be what they are said to
 * be. An end that cannot be tried is believed. Each manifest is judged once.
 *
 * @param line from the good one to the bad one, at least two
 */
export async function bisect(
  line: readonly Deploy[],
  judge: (deploy: Deploy) => Promise<Verdict>,
  onStep: (step: BisectStep) => void = () => {},
): Promise<BisectResult> {
  const verdicts = new Map<Hash, Verdict>();
  const verdictOf = async (deploy: Deploy): Promise<Verdict> => {
    const verdict = verdicts.get(deploy.manifest) ?? (await judge(deploy));
    verdicts.set(deploy.manifest, verdict);
    return verdict;
  };
  const deploys = line.slice(1);
  for (const [deploy, mistake] of [
    [line[0]!, 'bad'],
    [line.at(-1)!, 'good'],
  ] as const) {
    const verdict = await verdictOf(deploy);
    onStep({ deploy, verdict, left: deploys.length });
    if (verdict === mistake) return { state: 'mistaken', deploy, verdict };
  }
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
    const verdict = await verdictOf(deploy);
    const index = deploys.indexOf(deploy);
    if (verdict === 'bad') high = index;
    else if (verdict === 'good') low = index + 1;
    else skipped.add(deploy);
    onStep({ deploy, verdict, left: high - low + 1 });
  }
  return { state: 'found', deploy: deploys[high]! };
}
