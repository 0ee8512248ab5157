import { randomBytes } from 'node:crypto';
import { ModcastError, type Hash, type Path } from '../../schema/index.js';
import type { Proposal } from './publish-plan.js';

/** A publish between `plan` and `commit`. */
export interface OpenPlan {
  readonly proposal: Proposal;
  readonly hash: Hash;
  readonly head: number | null;
  /** The token of the publisher. Null without one, for a publisher with the database. */
  readonly token: string | null;
  /** Blobs that the publisher has to send, because they are missing or it may not read them. */
  readonly owed: Set<Hash>;
  /** A path for each blob of the manifest. */
  readonly paths: ReadonlyMap<Hash, Path>;
  /** When the plan and its leases expire. Milliseconds since 1970. */
  readonly until: number;
}

export interface PlanLimits {
  /** Plans, and modules in them. */
  readonly plans: number;
  readonly modules: number;
  /** The same for the plans of one token. */
  readonly plansOfToken: number;
  readonly modulesOfToken: number;
}

const modulesIn = (plans: readonly OpenPlan[]): number =>
  plans.reduce((sum, { proposal }) => sum + proposal.manifest.modules.size, 0);

/** @throws ModcastError `publish-busy` */
function refuseAbove(limit: number, count: number, what: string): void {
  if (count <= limit) return;
  throw new ModcastError('publish-busy', `more than ${limit} ${what}; try again later`, {
    expected: limit,
    found: count,
  });
}

/** The open plans by their lease, a random name. A plan that is not renewed expires. */
export class OpenPlans {
  readonly #limits: PlanLimits;
  readonly #now: () => number;
  readonly #plans = new Map<string, OpenPlan>();

  constructor(limits: PlanLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * @returns the lease
   * @throws ModcastError `publish-busy`
   */
  open(plan: OpenPlan): string {
    const now = this.#now();
    // The store's leases of these have expired at the same time.
    for (const [lease, { until }] of this.#plans) if (until <= now) this.#plans.delete(lease);
    const all = [...this.#plans.values()];
    const own = all.filter(({ token }) => token !== null && token === plan.token);
    const { plans, plansOfToken, modules, modulesOfToken } = this.#limits;
    refuseAbove(plansOfToken, own.length + 1, 'manifests are being published with this token');
    refuseAbove(plans, all.length + 1, 'manifests are being published');
    if (plan.token !== null) {
      refuseAbove(modulesOfToken, modulesIn([...own, plan]), 'files are being published with this token');
      refuseAbove(modules, modulesIn([...all, plan]), 'files are being published');
    }
    const lease = randomBytes(16).toString('hex');
    this.#plans.set(lease, plan);
    return lease;
  }

  /** @throws ModcastError `lease-unknown` */
  get(lease: string): OpenPlan {
    const plan = this.#plans.get(lease);
    if (plan !== undefined && plan.until > this.#now()) return plan;
    const message = 'the lease has expired, or was committed; publish again';
    throw new ModcastError('lease-unknown', message, { found: lease });
  }

  /** Nothing happens when the plan has been closed. */
  renew(lease: string, until: number): void {
    const plan = this.#plans.get(lease);
    if (plan !== undefined) this.#plans.set(lease, { ...plan, until });
  }

  /** @returns whether there was such a plan */
  close(lease: string): boolean {
    return this.#plans.delete(lease);
  }
}
