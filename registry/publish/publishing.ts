import { randomBytes } from 'node:crypto';
import {
  LIMITS,
  ModcastError,
  manifestBytes,
  parseChannel,
  type Channel,
  type Hash,
  type Manifest,
  type Path,
} from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { mediaType, moduleKind } from '../content/media-type.js';
import { moduleLinks } from '../ingest/module-links.js';
import { checkHead, compareModules } from '../store/changes.js';
import type { Deploy, Store } from '../store/store.js';

/** What somebody wants to make a channel's head. */
export interface Proposal {
  readonly channel: Channel;
  readonly manifest: Manifest;
  /** The head that it is to follow; null: the channel is new; undefined: whatever it is now. */
  readonly expected?: number | null;
  readonly author: string;
  readonly message: string;
  readonly commit: string | null;
  /** Only says what would be done. */
  readonly dryRun?: boolean;
}

/** Against the channel's head. `bytes` are those of the missing blobs. */
export interface PlanChanges {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly modules: number;
  readonly bytes: number;
}

export type Plan =
  /** The head has this manifest already. */
  | { readonly state: 'current'; readonly deploy: Deploy }
  | {
      readonly state: 'open';
      /** Names this publish from here on; null for a dry run. */
      readonly lease: string | null;
      /** The head that the deploy will follow. */
      readonly head: number | null;
      readonly missing: readonly Hash[];
      readonly changes: PlanChanges;
    };

/** A blob as it came from a publisher. */
export interface SentBlob {
  readonly hash: Hash;
  readonly bytes: Uint8Array;
}

export interface Committed {
  readonly deploy: Deploy;
  readonly created: boolean;
  readonly manifest: Manifest;
}

interface OpenPlan {
  readonly proposal: Proposal;
  readonly hash: Hash;
  readonly head: number | null;
  readonly paths: ReadonlyMap<Hash, Path>;
  until: number;
}

export interface PublishingOptions {
  readonly store: Store;
  readonly now: () => number;
  /** Milliseconds after which what is left alone is given up. */
  readonly leaseMs?: number;
  /** Manifests that are being published at one time. */
  readonly plans?: number;
}

/**
 * Publishing in three steps: `plan` leases what a manifest names and says what is missing, `put` takes that, `commit`
 * makes the deploy. What has been put stays as long as the lease, so a publisher that broke off and plans again has
 * only the rest to send.
 */
export class Publishing {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #leaseMs: number;
  readonly #limit: number;
  readonly #plans = new Map<string, OpenPlan>();

  constructor({
    store,
    now,
    leaseMs = LIMITS.publishLeaseMs,
    plans = LIMITS.publishPlans,
  }: PublishingOptions) {
    this.#store = store;
    this.#now = now;
    this.#leaseMs = leaseMs;
    this.#limit = plans;
  }

  /** @throws ModcastError `channel-invalid`, `manifest-invalid`, `head-moved`, `publish-busy` */
  async plan(proposal: Proposal): Promise<Plan> {
    const { manifest, expected } = proposal;
    const channel = parseChannel(proposal.channel);
    checkEntries(manifest);
    const head = await this.#store.head(channel);
    const number = head?.number ?? null;
    if (expected !== undefined) checkHead({ channel, expected }, number);
    const hash = blake3(manifestBytes(manifest));
    if (head?.manifest === hash) return { state: 'current', deploy: head };
    const { paths, sizes } = namesOf(manifest);
    const lease = proposal.dryRun === true ? null : this.#open({ proposal, hash, head: number, paths });
    // Leased before it is asked for: nothing that is here now is collected before the commit.
    if (lease !== null) await this.#store.lease([...paths.keys()], ownerOf(lease), this.#until());
    const missing = await this.#store.missing([...paths.keys()]);
    const before = head === null ? null : await this.#store.manifest(head.number);
    const { added, changed, removed, modules } = compareModules(
      before?.modules ?? new Map(),
      manifest.modules,
    );
    const bytes = missing.reduce((sum, name) => sum + sizes.get(name)!, 0);
    return {
      state: 'open',
      lease,
      head: number,
      missing,
      changes: { added, changed, removed, modules, bytes },
    };
  }

  /** The channel of a publish. @throws ModcastError `lease-unknown` */
  channelOf(lease: string): Channel {
    return this.#of(lease).proposal.channel;
  }

  /**
   * Takes blobs, each only when it is what its hash says and the manifest names it. Their links are found here, not
   * taken from anybody.
   *
   * @throws ModcastError `lease-unknown`, `hash-mismatch`, `blob-unknown` (the manifest does not name it)
   */
  async put(lease: string, blobs: readonly SentBlob[]): Promise<void> {
    const plan = this.#of(lease);
    const sound = [];
    for (const { hash, bytes } of blobs) {
      const path = plan.paths.get(hash);
      if (path === undefined) {
        throw new ModcastError('blob-unknown', `the manifest names no blob ${hash}`, { found: hash });
      }
      const found = blake3(bytes);
      if (found !== hash) {
        const message = `what was sent for ${path} is not what its hash says`;
        throw new ModcastError('hash-mismatch', message, { expected: hash, found });
      }
      sound.push({ hash, bytes, links: (await moduleLinks(path, bytes)).links });
    }
    await this.#renew(lease, plan);
    await this.#store.putBlobs(sound);
  }

  /**
   * Makes the deploy, and ends the publish however that goes, unless blobs are still missing.
   * @throws ModcastError `lease-unknown`, `head-moved`, `blob-missing`, `manifest-invalid`
   */
  async commit(lease: string): Promise<Committed> {
    const { proposal, hash, head, paths } = this.#of(lease);
    const { channel, manifest, author, message, commit } = proposal;
    await this.#fillLinks(paths);
    try {
      const expected = head;
      const time = this.#now();
      const fresh = { channel, manifest, hash, expected, time, author, message, commit };
      const { deploy, created } = await this.#store.commit(fresh);
      // The deploy is made, whatever becomes of a lease that ends by itself.
      await this.cancel(lease).catch(() => {});
      return { deploy, created, manifest };
    } catch (error) {
      if (!(error instanceof ModcastError) || error.code !== 'blob-missing') await this.cancel(lease);
      throw error;
    }
  }

  /** Gives a publish up. What has been put may be collected. */
  async cancel(lease: string): Promise<void> {
    if (this.#plans.delete(lease)) await this.#store.release(ownerOf(lease));
  }

  #open(plan: Omit<OpenPlan, 'until'>): string {
    const now = this.#now();
    // The store's own leases of these have ended at the same time.
    for (const [lease, { until }] of this.#plans) if (until <= now) this.#plans.delete(lease);
    if (this.#plans.size >= this.#limit) {
      throw new ModcastError(
        'publish-busy',
        `${this.#limit} manifests are being published; try again later`,
        {
          expected: this.#limit,
        },
      );
    }
    const lease = randomBytes(16).toString('hex');
    this.#plans.set(lease, { ...plan, until: this.#until() });
    return lease;
  }

  #of(lease: string): OpenPlan {
    const plan = this.#plans.get(lease);
    if (plan !== undefined && plan.until > this.#now()) return plan;
    throw new ModcastError('lease-unknown', 'nothing is being published under this lease; publish again', {
      found: lease,
    });
  }

  /** Renewing writes a row for each blob, so not with every pack. */
  async #renew(lease: string, plan: OpenPlan): Promise<void> {
    if (plan.until - this.#now() > (this.#leaseMs * 3) / 4) return;
    const until = this.#until();
    await this.#store.lease([...plan.paths.keys()], ownerOf(lease), until);
    plan.until = until;
  }

  #until(): number {
    return this.#now() + this.#leaseMs;
  }

  /** A blob that has so far been a text only, and is now published as a module too, gets its links. */
  async #fillLinks(paths: ReadonlyMap<Hash, Path>): Promise<void> {
    const scripts = [...paths].filter(([, path]) => isScript(path)).map(([hash]) => hash);
    const lacking = [...(await this.#store.links(scripts))].filter(([, links]) => links === null);
    for (const [hash] of lacking) {
      const [blob] = await this.#store.blobs([hash]);
      // A damaged one is mended when it is read; links of other bytes would be wrong for it.
      if (blob === undefined || blake3(blob.bytes) !== hash) continue;
      await this.#store.putBlobs([
        { ...blob, links: (await moduleLinks(paths.get(hash)!, blob.bytes)).links },
      ]);
    }
  }
}

const ownerOf = (lease: string): string => `publish:${lease}`;

const isScript = (path: Path): boolean => moduleKind(mediaType(path)) === 'javascript';

/** Of each blob its size, and a path: one at which it is JavaScript, when there is such. */
function namesOf({ modules }: Manifest): { paths: Map<Hash, Path>; sizes: Map<Hash, number> } {
  const paths = new Map<Hash, Path>();
  const sizes = new Map<Hash, number>();
  for (const [path, { hash, size }] of modules) {
    if (!paths.has(hash) || isScript(path)) paths.set(hash, path);
    sizes.set(hash, size);
  }
  return { paths, sizes };
}

function checkEntries({ entries, modules }: Manifest): void {
  const wrong = entries.find((entry) => !modules.has(entry));
  if (wrong === undefined) return;
  throw new ModcastError('manifest-invalid', `manifest: the entry ${wrong} is none of its modules`, {
    expected: 'entries among the modules',
    found: wrong,
  });
}
