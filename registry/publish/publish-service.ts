import {
  LIMITS,
  ModcastError,
  assertVisible,
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
import type { Store } from '../store/store.js';
import { OpenPlans, type OpenPlan } from './open-plans.js';
import type { Committed, Plan, Proposal, SentBlob } from './publish-plan.js';

export interface PublishServiceOptions {
  readonly store: Store;
  readonly now: () => number;
  /** Milliseconds without a request after which a publish expires. */
  readonly leaseMs?: number;
  /** Manifests that may be published at the same time. */
  readonly plans?: number;
}

/**
 * Publishes in three steps: `plan` leases the blobs of a manifest and reports which are missing, `put` stores
 * those, `commit` makes the deploy. Stored blobs stay until the lease expires, so after a broken connection a
 * publisher plans again and sends only the rest.
 */
export class PublishService {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #leaseMs: number;
  readonly #plans: OpenPlans;

  constructor({
    store,
    now,
    leaseMs = LIMITS.publishLeaseMs,
    plans = LIMITS.publishPlans,
  }: PublishServiceOptions) {
    this.#store = store;
    this.#now = now;
    this.#leaseMs = leaseMs;
    this.#plans = new OpenPlans(plans, now);
  }

  /**
   * @throws ModcastError `channel-invalid`, `manifest-invalid`, `path-invalid` (a dotfile), `head-moved`,
   *   `publish-busy`
   */
  async plan(proposal: Proposal): Promise<Plan> {
    const { manifest, expected } = proposal;
    const channel = parseChannel(proposal.channel);
    checkEntries(manifest);
    assertVisible(manifest.modules.keys());
    const head = await this.#store.head(channel);
    const number = head?.number ?? null;
    if (expected !== undefined) checkHead({ channel, expected }, number);
    const hash = blake3(manifestBytes(manifest));
    if (head?.manifest === hash) return { state: 'current', deploy: head };
    const { paths, sizes } = blobsOf(manifest);
    const until = this.#until();
    const lease =
      proposal.dryRun === true ? null : this.#plans.open({ proposal, hash, head: number, paths, until });
    // Lease before looking for missing blobs: none that exists now is collected before the commit.
    if (lease !== null) await this.#store.lease([...paths.keys()], ownerOf(lease), until);
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
    return this.#plans.get(lease).proposal.channel;
  }

  /**
   * Stores blobs. Each must have the hash it claims and be in the manifest. Links are found here, never sent.
   *
   * @throws ModcastError `lease-unknown`, `hash-mismatch`, `blob-unknown` (the manifest does not name it)
   */
  async put(lease: string, blobs: readonly SentBlob[]): Promise<void> {
    const plan = this.#plans.get(lease);
    const verified = [];
    for (const { hash, bytes } of blobs) {
      const path = plan.paths.get(hash);
      if (path === undefined) {
        throw new ModcastError('blob-unknown', `the manifest does not contain blob ${hash}`, { found: hash });
      }
      const found = blake3(bytes);
      if (found !== hash) {
        const message = `the bytes sent for ${path} do not match their hash`;
        throw new ModcastError('hash-mismatch', message, { expected: hash, found });
      }
      verified.push({ hash, bytes, links: (await moduleLinks(path, bytes)).links });
    }
    await this.#renew(lease, plan);
    await this.#store.putBlobs(verified);
  }

  /**
   * Makes the deploy and ends the publish. A failure ends it too, except `blob-missing`.
   * @throws ModcastError `lease-unknown`, `head-moved`, `blob-missing`, `manifest-invalid`
   */
  async commit(lease: string): Promise<Committed> {
    const { proposal, hash, head, paths } = this.#plans.get(lease);
    const { channel, manifest, author, message, commit } = proposal;
    await this.#fillLinks(paths);
    try {
      const expected = head;
      const time = this.#now();
      const fresh = { channel, manifest, hash, expected, time, author, message, commit };
      const { deploy, created } = await this.#store.commit(fresh);
      // The deploy is made. A lease that is not released expires by itself.
      await this.cancel(lease).catch(() => {});
      return { deploy, created, manifest };
    } catch (error) {
      if (!(error instanceof ModcastError) || error.code !== 'blob-missing') await this.cancel(lease);
      throw error;
    }
  }

  /** Ends a publish. Its blobs may be collected. */
  async cancel(lease: string): Promise<void> {
    if (this.#plans.close(lease)) await this.#store.release(ownerOf(lease));
  }

  /** Renewing writes a row for each blob, so it is not done for every pack. */
  async #renew(lease: string, plan: OpenPlan): Promise<void> {
    if (plan.until - this.#now() > (this.#leaseMs * 3) / 4) return;
    const until = this.#until();
    await this.#store.lease([...plan.paths.keys()], ownerOf(lease), until);
    this.#plans.renew(lease, until);
  }

  #until(): number {
    return this.#now() + this.#leaseMs;
  }

  /** Finds the links of blobs that were stored as text before and are now JavaScript modules. */
  async #fillLinks(paths: ReadonlyMap<Hash, Path>): Promise<void> {
    const scripts = [...paths].filter(([, path]) => isScript(path)).map(([hash]) => hash);
    const lacking = [...(await this.#store.links(scripts))].filter(([, links]) => links === null);
    for (const [hash] of lacking) {
      const [blob] = await this.#store.blobs([hash]);
      // A damaged blob is repaired when it is read. Its current bytes have the wrong links.
      if (blob === undefined || blake3(blob.bytes) !== hash) continue;
      await this.#store.putBlobs([
        { ...blob, links: (await moduleLinks(paths.get(hash)!, blob.bytes)).links },
      ]);
    }
  }
}

const ownerOf = (lease: string): string => `publish:${lease}`;

const isScript = (path: Path): boolean => moduleKind(mediaType(path)) === 'javascript';

/** The size and a path of each blob. A path at which it is JavaScript wins. */
function blobsOf({ modules }: Manifest): { paths: Map<Hash, Path>; sizes: Map<Hash, number> } {
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
  throw new ModcastError('manifest-invalid', `manifest: the entry ${wrong} is not one of its modules`, {
    expected: 'entries among the modules',
    found: wrong,
  });
}
