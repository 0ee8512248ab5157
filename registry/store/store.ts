import type { Channel, Hash, Links, Manifest, ManifestDelta, Path } from '../../schema/index.js';

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
  /** The head on which this deploy was made: compare and swap. Null: the channel is new. */
  readonly expected: number | null;
  readonly time: number;
  readonly author: string;
  readonly message: string;
  readonly commit: string | null;
}

/** What the file system said of a file when it was last read; equal means: not read again. */
export interface FileStat {
  readonly size: number;
  /** Nanoseconds, as decimal text, for they do not fit a number. */
  readonly mtime: string;
  readonly inode: string;
  readonly hash: Hash;
}

/** Deploys in one page of a list when no limit is given. */
export const DEPLOYS_LIMIT = 100;

export interface BlobStore {
  /**
   * Keeps blobs, all or none. A blob that is there keeps its bytes; its links are filled in when it had none.
   */
  putBlobs(blobs: readonly StoredBlob[]): Promise<void>;
  /**
   * Replaces a damaged blob's bytes and links.
   * @throws ModcastError `blob-unknown`
   */
  mendBlob(blob: StoredBlob): Promise<void>;
  /** The blobs that exist, in the order asked. */
  blobs(hashes: readonly Hash[]): Promise<StoredBlob[]>;
  /** Links of those that exist, without their bytes. */
  links(hashes: readonly Hash[]): Promise<Map<Hash, Links | null>>;
  /** Which of these are not in the store, each once. */
  missing(hashes: readonly Hash[]): Promise<Hash[]>;
}

export interface DeployStore {
  /**
   * Makes a manifest the channel's head. The same manifest as the head's makes no deploy: the head comes back.
   * @throws ModcastError `head-moved` (found: the head's number), `blob-missing` (found: the hashes),
   *   `manifest-invalid` (a module's size is not its blob's)
   */
  commit(deploy: NewDeploy): Promise<{ readonly deploy: Deploy; readonly created: boolean }>;
  head(channel: Channel): Promise<Deploy | null>;
  /** Sorted by name. */
  channels(): Promise<Channel[]>;
  deploy(number: number): Promise<Deploy | null>;
  /** Newest first. `before`: only numbers below it. `limit`: DEPLOYS_LIMIT when not given. */
  deploys(options?: { channel?: Channel; before?: number; limit?: number }): Promise<Deploy[]>;
  /** The newest deploy of the channel with this manifest. */
  deployOfManifest(channel: Channel, manifest: Hash): Promise<Deploy | null>;
  /** Null when there is no such deploy. The modules come in no particular order. */
  manifest(number: number): Promise<Manifest | null>;
  /**
   * What makes one deploy's manifest of another's, in either direction. On one channel it is made from the rows
   * that changed between the two; across channels both manifests are read.
   * @throws ModcastError `deploy-unknown`
   */
  delta(from: number, to: number): Promise<ManifestDelta>;
  /** Those of the hashes that some deploy of the channel names. */
  visible(channel: Channel, hashes: readonly Hash[]): Promise<Set<Hash>>;
  /** A path under which the channel has this hash, newest deploy first. */
  pathOf(channel: Channel, hash: Hash): Promise<Path | null>;
}

export interface FileStore {
  /** What was known of the files under a directory at its last scan. */
  files(directory: string): Promise<Map<Path, FileStat>>;
  putFiles(
    directory: string,
    change: { set: ReadonlyMap<Path, FileStat>; delete: readonly Path[] },
  ): Promise<void>;
}

/**
 * Where the registry keeps blobs, deploys and what it knows of files. All promises, so that a database server
 * can stand behind it; every implementation runs test/contract/store.ts. A method of a closed store rejects
 * with `store-closed`.
 */
export interface Store extends BlobStore, DeployStore, FileStore {
  close(): Promise<void>;
}
