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
import { blake3, blake3InSlices } from '../hash.js';
import { mediaType, moduleKind } from '../content/media-type.js';
import { moduleLinks } from '../ingest/module-links.js';
import { blobsMissing, checkHead, compareModules } from '../store/changes.js';
import type { Store } from '../store/store.js';
import { OpenPlans, type OpenPlan } from './open-plans.js';
import type { Committed, Plan, Proposal, Publisher, SentBlob } from './publish-plan.js';
import { SentBlobs } from './sent-blobs.js';
import { inSlices } from './slices.js';

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
  readonly #sent = new SentBlobs();

  constructor({
    store,
    now,
    leaseMs = LIMITS.publishLeaseMs,
    plans = LIMITS.publishPlans,
  }: PublishServiceOptions) {
    this.#store = store;
    this.#now = now;
    this.#leaseMs = leaseMs;
    const { publishPlansOfToken, publishPlanModules, publishPlanModulesOfToken } = LIMITS;
    this.#plans = new OpenPlans(
      {
        plans,
        plansOfToken: publishPlansOfToken,
        modules: publishPlanModules,
        modulesOfToken: publishPlanModulesOfToken,
      },
      now,
    );
  }

  /**
   * @param publisher undefined for a publisher that has the database, and may read all of it
   * @throws ModcastError `channel-invalid`, `manifest-invalid`, `path-invalid` (a dotfile), `blob-too-large`,
   *   `head-moved`, `publish-busy`
   */
  async plan(proposal: Proposal, publisher?: Publisher): Promise<Plan> {
    const { manifest, expected } = proposal;
    const channel = parseChannel(proposal.channel);
    checkEntries(manifest);
    for (const [path, { size }] of manifest.modules) checkBlobSize(path, size);
    assertVisible(manifest.modules.keys());
    const head = await this.#store.head(channel);
    const number = head?.number ?? null;
    if (expected !== undefined) checkHead({ channel, expected }, number);
    const hash = blake3(manifestBytes(manifest));
    if (head?.manifest === hash) return { state: 'current', deploy: head };
    const { paths, sizes } = blobsOf(manifest);
    const until = this.#until();
    const owed = new Set<Hash>();
    const plan = { proposal, hash, head: number, token: publisher?.token ?? null, owed, paths, until };
    const lease = proposal.dryRun === true ? null : this.#plans.open(plan);
    const hashes = [...paths.keys()];
    // Lease before looking for missing blobs: none that exists now is collected before the commit.
    if (lease !== null) await this.#lease(hashes, lease, until);
    const missing = await this.#missing(hashes, publisher);
    for (const name of missing) owed.add(name);
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

  /** What a publish makes the head. @throws ModcastError `lease-unknown` */
  manifestOf(lease: string): { readonly manifest: Manifest; readonly hash: Hash } {
    const { proposal, hash } = this.#plans.get(lease);
    return { manifest: proposal.manifest, hash };
  }

  /**
   * Stores blobs. Each must have the hash it claims and be in the manifest. Links are found here, never sent.
   *
   * @throws ModcastError `lease-unknown`, `hash-mismatch`, `blob-too-large`, `blob-unknown` (the manifest
   *   does not name it)
   */
  async put(lease: string, blobs: readonly SentBlob[]): Promise<void> {
    const plan = this.#plans.get(lease);
    const verified = [];
    for (const { hash, bytes } of blobs) {
      const path = plan.paths.get(hash);
      if (path === undefined) {
        throw new ModcastError('blob-unknown', `the manifest does not contain blob ${hash}`, { found: hash });
      }
      checkBlobSize(path, bytes.length);
      const found = await blake3InSlices(bytes);
      if (found !== hash) {
        const message = `the bytes sent for ${path} do not match their hash`;
        throw new ModcastError('hash-mismatch', message, { expected: hash, found });
      }
      verified.push({ hash, bytes, links: (await moduleLinks(path, bytes)).links });
    }
    await this.#renew(lease, plan);
    await this.#store.putBlobs(verified);
    const sent = verified.map(({ hash }) => hash);
    for (const hash of sent) plan.owed.delete(hash);
    if (plan.token !== null) this.#sent.add(plan.token, sent, this.#until());
  }

  /**
   * Makes the deploy and ends the publish. A failure ends it too, except `blob-missing`.
   * @throws ModcastError `lease-unknown`, `head-moved`, `blob-missing`, `manifest-invalid`
   */
  async commit(lease: string): Promise<Committed> {
    const { proposal, hash, head, token, owed, paths } = this.#plans.get(lease);
    // Without a token, another process may have stored them.
    if (token !== null && owed.size > 0) throw blobsMissing([...owed]);
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
    await this.#lease([...plan.paths.keys()], lease, until);
    this.#plans.renew(lease, until);
  }

  /** In slices, so that other requests are answered in between. */
  async #lease(hashes: readonly Hash[], lease: string, until: number): Promise<void> {
    for await (const slice of inSlices(hashes)) await this.#store.lease(slice, ownerOf(lease), until);
  }

  /** The blobs that a publisher has to send. To one that may not read a blob, it is missing. */
  async #missing(hashes: readonly Hash[], publisher: Publisher | undefined): Promise<Hash[]> {
    const own = publisher === undefined ? undefined : this.#sent.of(publisher.token, this.#now());
    const missing: Hash[] = [];
    for await (const slice of inSlices(hashes)) {
      const lacking = new Set(await this.#store.missing(slice));
      const readable = await publisher?.readable(slice);
      const mayUse = (hash: Hash) => readable === undefined || readable.has(hash) || own!.has(hash);
      missing.push(...slice.filter((hash) => lacking.has(hash) || !mayUse(hash)));
    }
    return missing;
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

/** @throws ModcastError `blob-too-large` */
function checkBlobSize(path: Path, size: number): void {
  if (size <= LIMITS.blobBytes) return;
  const message = `${path} has ${size} bytes; a blob has at most ${LIMITS.blobBytes}`;
  throw new ModcastError('blob-too-large', message, { expected: LIMITS.blobBytes, found: size });
}

function checkEntries({ entries, modules }: Manifest): void {
  const wrong = entries.find((entry) => !modules.has(entry));
  if (wrong === undefined) return;
  throw new ModcastError('manifest-invalid', `manifest: the entry ${wrong} is not one of its modules`, {
    expected: 'entries among the modules',
    found: wrong,
  });
}
