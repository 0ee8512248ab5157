import { batchesByBytes, LIMITS, ModcastError, type Channel } from '../../schema/index.js';
import type { Deploy } from '../store/store.js';
import type { PlanChanges, SentBlob } from './publish-plan.js';
import type { SiteContent } from './read-site.js';
import type { PublishTarget } from './publish-target.js';
import { retryMovedHead } from './retry.js';

export interface PublishOptions {
  readonly channel: Channel;
  readonly author: string;
  readonly message: string;
  /** The head that the deploy has to follow. Null: the channel has to be new. Undefined: any. */
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
  /** The head already has this manifest. */
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
 * Publishes the content of a directory. Tries again if another publish came first, unless a head is expected.
 *
 * @throws ModcastError `head-moved`, `file-unstable`, and the codes of the target
 */
export async function publishSite(
  target: PublishTarget,
  site: SiteContent,
  options: PublishOptions,
): Promise<PublishResult> {
  const publish = () => publishOnce(target, site, options);
  return options.expected === undefined ? retryMovedHead(options.channel, publish) : publish();
}

/**
 * Publishes the content of a directory: asks which blobs are missing, sends those, commits. A retry after an
 * error does not send the same blobs again.
 */
async function publishOnce(
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
      `the registry asks for a blob that the site does not have: ${unknown}`,
    );
  }

  const totals = { totalBlobs: missing.length, totalBytes: changes.bytes };
  let blobs = 0;
  let bytes = 0;
  progress({ blobs, bytes, ...totals });
  for (const batch of batchesByBytes(missing, (hash) => sizes.get(hash)!, LIMITS.publishBatchBytes)) {
    const read: SentBlob[] = batch.map((hash) => ({ hash, bytes: site.bytes(hash) }));
    const size = read.reduce((sum, blob) => sum + blob.bytes.length, 0);
    await target.put(lease, read, (part) =>
      progress({ blobs, bytes: bytes + Math.floor(part * size), ...totals }),
    );
    blobs += batch.length;
    bytes += size;
    progress({ blobs, bytes, ...totals });
  }
  const { deploy, created } = await target.commit(lease);
  return created
    ? { state: 'published', deploy, sent: blobs, sentBytes: bytes }
    : { state: 'current', deploy };
}
