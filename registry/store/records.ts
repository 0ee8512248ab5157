import type { Channel, Hash, Links, Manifest, ManifestModule, Path } from '../../schema/index.js';

/** A stored blob. The store does not hash: its callers verify bytes. */
export interface StoredBlob {
  readonly hash: Hash;
  readonly bytes: Uint8Array;
  /** Null until the blob was stored as a JavaScript module. */
  readonly links: Links | null;
}

/** A manifest that was made the head of a channel. Immutable. */
export interface Deploy {
  /** 1, 2, 3, …, across all channels. */
  readonly number: number;
  readonly channel: Channel;
  /** Hash of the manifest's canonical bytes. */
  readonly manifest: Hash;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly author: string;
  readonly message: string;
  /** The channel's previous head. Null for its first deploy. */
  readonly parent: number | null;
  /** The git commit of the directory, 40 hex digits. Null outside of a git work tree. */
  readonly commit: string | null;
  /** Against the parent. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Number and total bytes of the modules. */
  readonly modules: number;
  readonly bytes: number;
}

export interface NewDeploy {
  readonly channel: Channel;
  readonly manifest: Manifest;
  /** Hash of `manifest`, computed by the caller. */
  readonly hash: Hash;
  /** Blobs of the manifest that may be new. They are stored in the same transaction and need no lease. */
  readonly blobs?: readonly StoredBlob[];
  /** The expected head, compare and swap. Null: the channel is new. */
  readonly expected: number | null;
  readonly time: number;
  readonly author: string;
  readonly message: string;
  readonly commit: string | null;
  /**
   * False: acknowledged some milliseconds before it survives a power failure. It survives a killed process at
   * once. For deploys that can be made again. Default: true.
   */
  readonly durable?: boolean;
}

/** A file's state when it was last read. A file with the same state is not read again. */
export interface FileStat {
  readonly size: number;
  /** Nanoseconds as decimal text: they do not fit a number. */
  readonly mtime: string;
  /** Of the inode, as `mtime`: programs can set a file's `mtime` back, but not this. */
  readonly ctime: string;
  readonly inode: string;
  readonly hash: Hash;
}

/** A module at a path, from one deploy of its channel (inclusive) to another (exclusive; null: current). */
export interface PathVersion extends ManifestModule {
  readonly from: number;
  readonly to: number | null;
}

/** A change of a path. Null stands for no module. */
export interface ModuleChange {
  readonly path: Path;
  readonly before: ManifestModule | null;
  readonly after: ManifestModule | null;
}

export interface CollectOptions {
  /** Collect deploys of this channel only. Default: all channels. */
  readonly channel?: Channel;
  /** Number of newest deploys to keep on each channel. */
  readonly keep: number;
  /** Deploys of this time or later are kept. Milliseconds since 1970. */
  readonly olderThan: number;
  /** Leases that end at this time or before have expired. */
  readonly now: number;
  /** Only report what would be deleted. */
  readonly dryRun: boolean;
  /** Awaited between two steps. A rejection stops the collection. Default: one turn of the event loop. */
  readonly pause?: () => Promise<unknown>;
}

/**
 * - `fusion`: how the modules of a manifest are joined. Its key is the manifest's hash.
 * - `run`: modules that are joined into one. Its key names what it is made of.
 * - `record`: what joining has to know of a module. Its key is the blob's hash.
 * - `transform`: what a transform has made of a file, but for the code. Its key names what it is made of.
 * - `module`: the code, by its hash.
 * - `map`: the source map of the code, by the hash of that.
 * - `site`: a manifest of transformed modules, by its hash, without bytes.
 *
 * The first of `needs` of the last four is what they are made of: a blob, and of a `site` a manifest.
 */
export type DerivedKind = 'fusion' | 'run' | 'record' | 'transform' | 'module' | 'map' | 'site';

/** Bytes that are made of blobs, and can be made again. */
export interface DerivedItem {
  readonly kind: DerivedKind;
  readonly key: Hash;
  /** Of the program that made it. An item of another version is made again. */
  readonly version: string;
  /** Of the bytes. */
  readonly hash: Hash;
  readonly bytes: Uint8Array;
  /** Hashes of the items that are collected together with this one. */
  readonly needs: readonly Hash[];
}

export interface DerivedPage {
  readonly items: readonly DerivedItem[];
  /** Pass it to the next call. Null when the page is empty: there are no more items. */
  readonly next: number | null;
}

/** Deleted deploys and blobs, and the bytes of the blobs. */
export interface Collected {
  readonly deploys: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** A token's record: only the hash of its secret is stored. Times are milliseconds since 1970. */
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

/** A name of a deploy, which `collect` then keeps. */
export interface Tag {
  readonly name: string;
  /** The deploy's number. */
  readonly deploy: number;
  /** When the tag was made or moved. Milliseconds since 1970. */
  readonly time: number;
  readonly author: string;
  readonly message: string;
}

export interface VerifyPage {
  /** The bytes are empty when they are lost. */
  readonly blobs: readonly { readonly hash: Hash; readonly bytes: Uint8Array }[];
  /** Pass it to the next call. Null when the page is empty: there are no more blobs. */
  readonly next: number | null;
}
