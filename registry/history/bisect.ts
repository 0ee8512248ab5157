import type { Hash } from '../../schema/index.js';
import type { Deploy } from '../store/store.js';

export type Verdict = 'good' | 'bad' | 'skip';

export interface BisectStep {
  readonly deploy: Deploy;
  readonly verdict: Verdict;
  /** Deploys that may be the first bad one. */
  readonly left: number;
}

export type BisectResult =
  /** One of the ends was judged differently than given. Nothing between them was tried. */
  | { readonly state: 'mistaken'; readonly deploy: Deploy; readonly verdict: 'good' | 'bad' }
  | { readonly state: 'found'; readonly deploy: Deploy }
  /** The remaining deploys could not be judged. One of these is the first bad one. Oldest first. */
  | { readonly state: 'skipped'; readonly among: readonly Deploy[] };

/**
 * Finds the first bad deploy of a line by bisection, after checking both ends. An end that cannot be judged
 * is trusted. Each manifest is judged once.
 *
 * @param line from the good deploy to the bad one, at least two
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
    // The deploy nearest to the middle that was not skipped.
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
