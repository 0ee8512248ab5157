import { randomBytes } from 'node:crypto';
import { ModcastError, type Hash, type Path } from '../../schema/index.js';
import type { Proposal } from './publish-plan.js';

/** A publish between `plan` and `commit`. */
export interface OpenPlan {
  readonly proposal: Proposal;
  readonly hash: Hash;
  readonly head: number | null;
  /** A path for each blob of the manifest. */
  readonly paths: ReadonlyMap<Hash, Path>;
  /** When the plan and its leases expire. Milliseconds since 1970. */
  readonly until: number;
}

/** The open plans by their lease, a random name. A plan that is not renewed expires. */
export class OpenPlans {
  readonly #limit: number;
  readonly #now: () => number;
  readonly #plans = new Map<string, OpenPlan>();

  constructor(limit: number, now: () => number) {
    this.#limit = limit;
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
    if (this.#plans.size >= this.#limit) {
      const message = `${this.#limit} manifests are being published; try again later`;
      throw new ModcastError('publish-busy', message, { expected: this.#limit });
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
