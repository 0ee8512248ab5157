import type { Channel, Hash, Links, Manifest, ManifestModule, Path } from '../../schema/index.js';

/** A blob as it is kept. The store does not hash: whoever puts or serves bytes has verified them. */
export interface StoredBlob {
  readonly hash: Hash;
  readonly bytes: Uint8Array;
  /** Null until the blob has been a JavaScript module once. */
  readonly links: Links | null;
}

/** A manifest made current on a channel. Never changes. */
export interface Deploy {
  /** 1, 2, 3, … over all channels. */
  readonly number: number;
  readonly channel: Channel;
  /** Hash of the manifest's canonical bytes. */
  readonly manifest: Hash;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly author: string;
  readonly message: string;
  /** The channel's head before this one; null for its first. */
  readonly parent: number | null;
  /** The git commit that the directory was at, 40 hex digits, when it was in a git work tree. */
  readonly commit: string | null;
  /** Against the parent. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Modules of this deploy, and their bytes. */
  readonly modules: number;
  readonly bytes: number;
}

export interface NewDeploy {
  readonly channel: Channel;
  readonly manifest: Manifest;
  /** Hash of `manifest`, from whoever made it. */
  readonly hash: Hash;
  /** Blobs that it names and the store may lack: kept with the deploy or not at all, so that none needs a lease. */
  readonly blobs?: readonly StoredBlob[];
  /** The head on which this deploy was made: compare and swap. Null: the channel is new. */
  readonly expected: number | null;
  readonly time: number;
  readonly author: string;
  readonly message: string;
  readonly commit: string | null;
  /**
   * False: acknowledged before it is certain to survive a power failure, as it will some milliseconds later; that the
   * process is killed it survives at once. For what can be made again. Left out: true.
   */
  readonly durable?: boolean;
}

/** What the file system said of a file when it was last read; equal means: not read again. */
export interface FileStat {
  readonly size: number;
  /** Nanoseconds, as decimal text, for they do not fit a number. */
  readonly mtime: string;
  readonly inode: string;
  readonly hash: Hash;
}

/** A module at a path, from one deploy of its channel (inclusive) to another (exclusive; null: it is still there). */
export interface PathVersion extends ManifestModule {
  readonly from: number;
  readonly to: number | null;
}

/** What became of a path: null stands for no module. */
export interface ModuleChange {
  readonly path: Path;
  readonly before: ManifestModule | null;
  readonly after: ManifestModule | null;
}

export interface CollectOptions {
  /** Of this one only; the deploys of all others stay. Left out: of each. */
  readonly channel?: Channel;
  /** Of each channel the newest so many deploys stay. */
  readonly keep: number;
  /** Deploys of this time or later stay. Milliseconds since 1970. */
  readonly olderThan: number;
  /** Leases that end at this time or before are over, and go. */
  readonly now: number;
  /** Only says what would go. */
  readonly dryRun: boolean;
  /** Waited for between two steps; when it rejects, so does the rest. Left out: a turn of the event loop. */
  readonly pause?: () => Promise<unknown>;
}

/** What was dropped; `bytes` are those of the blobs. */
export interface Collected {
  readonly deploys: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** Who may do what; of the token itself only the hash is kept. Times are milliseconds since 1970. */
export interface NewToken {
  readonly id: string;
  readonly hash: Hash;
  readonly scope: readonly string[];
  readonly created: number;
  readonly expires: number | null;
  readonly note: string;
}

export interface Token extends NewToken {
  readonly revoked: number | null;
}

export interface VerifyPage {
  /** Bytes that are lost come as an empty array. */
  readonly blobs: readonly { readonly hash: Hash; readonly bytes: Uint8Array }[];
  /** For the next call; null when the page is empty: that was all. */
  readonly next: number | null;
}
