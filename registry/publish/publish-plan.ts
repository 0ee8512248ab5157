import type { Channel, Hash, Manifest } from '../../schema/index.js';
import type { ChangeCounts } from '../store/changes.js';
import type { Deploy } from '../store/store.js';

/** Who publishes with a token. */
export interface Publisher {
  /** The id of the token. */
  readonly token: string;
  /** The blobs that the token may read. It publishes others only by sending their bytes. */
  readonly readable: (hashes: readonly Hash[]) => Promise<ReadonlySet<Hash>>;
}

/** A request to make a manifest a channel's head. */
export interface Proposal {
  readonly channel: Channel;
  readonly manifest: Manifest;
  /** The head that the deploy has to follow. Null: the channel has to be new. Undefined: any. */
  readonly expected?: number | null;
  readonly author: string;
  readonly message: string;
  readonly commit: string | null;
  /** Only report the changes. */
  readonly dryRun?: boolean;
}

/** Changes against the channel's head. `bytes` counts only the missing blobs. */
export type PlanChanges = ChangeCounts;

export type Plan =
  /** The head already has this manifest. */
  | { readonly state: 'current'; readonly deploy: Deploy }
  | {
      readonly state: 'open';
      /** Identifies this publish in `put` and `commit`. Null for a dry run. */
      readonly lease: string | null;
      /** The current head. */
      readonly head: number | null;
      readonly missing: readonly Hash[];
      readonly changes: PlanChanges;
    };

/** A blob that a publisher sends. */
export interface SentBlob {
  readonly hash: Hash;
  readonly bytes: Uint8Array;
}

/** `created` is false when the head already had the manifest. */
export interface Committed {
  readonly deploy: Deploy;
  readonly created: boolean;
  readonly manifest: Manifest;
}
