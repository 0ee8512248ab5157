import { LIMITS, ModcastError, type Channel, type Hash } from '../../schema/index.js';
import type { Deploy } from '../store/store.js';
import type { PlanChanges, SentBlob } from './publishing.js';
import type { SiteContent } from './read-site.js';
import type { PublishTarget } from './target.js';

export interface PublishOptions {
  readonly channel: Channel;
  readonly author: string;
  readonly message: string;
  /** The head that the deploy is to follow; null: the channel is new; undefined: whatever it is. */
  readonly expected?: number | null;
  readonly dryRun?: boolean;
  readonly progress?: (progress: SendProgress) => void;
}

/** Blobs, and their bytes before compression. */
export interface SendProgress {
  readonly blobs: number;
  readonly totalBlobs: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export type PublishResult =
  /** The head has all of this already. */
  | { readonly state: 'current'; readonly deploy: Deploy }
  | {
      readonly state: 'planned';
      readonly changes: PlanChanges;
      readonly missing: number;
      readonly head: number | null;
    }
  | {
      readonly state: 'published';
      readonly deploy: Deploy;
      readonly sent: number;
      readonly sentBytes: number;
    };

/**
 * Publishes what was read of a directory: asks what is missing, sends that, commits. After an error, what has been
 * sent is not sent again by the next try.
 *
 * @throws ModcastError `head-moved`, `file-unstable`, and the codes of the target
 */
export async function publish(
  target: PublishTarget,
  site: SiteContent,
  options: PublishOptions,
): Promise<PublishResult> {
  const { channel, author, message, expected, dryRun = false, progress = () => {} } = options;
  const { manifest, commit } = site;
  const plan = await target.plan({
    channel,
    manifest,
    author,
    message,
    commit,
    ...(expected === undefined ? {} : { expected }),
    ...(dryRun ? { dryRun } : {}),
  });
  if (plan.state === 'current') return plan;
  const { changes, missing, head, lease } = plan;
  if (lease === null) return { state: 'planned', changes, missing: missing.length, head };
  const sizes = new Map([...manifest.modules.values()].map(({ hash, size }) => [hash, size]));
  const unknown = missing.find((hash) => !sizes.has(hash));
  if (unknown !== undefined) {
    throw new ModcastError(
      'server-foreign',
      `the registry asks for a blob that is none of the site’s: ${unknown}`,
    );
  }

  const totals = { totalBlobs: missing.length, totalBytes: changes.bytes };
  let blobs = 0;
  let bytes = 0;
  progress({ blobs, bytes, ...totals });
  for (const batch of batches(missing, sizes)) {
    const read: SentBlob[] = batch.map((hash) => ({ hash, bytes: site.bytes(hash) }));
    await target.put(lease, read);
    blobs += batch.length;
    bytes += read.reduce((sum, blob) => sum + blob.bytes.length, 0);
    progress({ blobs, bytes, ...totals });
  }
  const { deploy, created } = await target.commit(lease);
  return created
    ? { state: 'published', deploy, sent: blobs, sentBytes: bytes }
    : { state: 'current', deploy };
}

/** What goes in one request: some MiB, so that a broken connection costs no more; a large blob goes alone. */
function* batches(hashes: readonly Hash[], sizes: ReadonlyMap<Hash, number>): Generator<Hash[]> {
  let batch: Hash[] = [];
  let bytes = 0;
  for (const hash of hashes) {
    const size = sizes.get(hash)!;
    if (batch.length > 0 && bytes + size > LIMITS.publishBatchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(hash);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
