import type {
  Channel,
  Hash,
  Hasher,
  Links,
  Manifest,
  ManifestDelta,
  ManifestModule,
  Path,
} from '../../schema/index.js';

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

/** Bytes of blobs after which a page for verification ends. */
export const VERIFY_PAGE_BYTES = 16 * 1024 * 1024;

/** Blobs, and deploys, that a hash's first digits are resolved to at most. */
export const RESOLVED_LIMIT = 10;

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

export interface HistoryStore {
  /**
   * What the channel has had at a path, newest first. The oldest version's `from` may name a deploy that has been
   * collected.
   */
  versions(channel: Channel, path: Path): Promise<PathVersion[]>;
  /**
   * What a deploy changed against its parent, sorted by path; of a channel's first deploy all it has. Null when
   * that is not known: there is no such deploy, or its parent has been collected.
   */
  changes(number: number): Promise<ModuleChange[] | null>;
  /**
   * The blobs, sorted, and the deploys, newest first, whose (manifest's) hash begins with these hex digits: at most
   * RESOLVED_LIMIT of each. What is no beginning of a hash has none.
   */
  resolveHash(prefix: string): Promise<{ readonly blobs: Hash[]; readonly deploys: number[] }>;
  /** The channel's newest deploy that is not later than a time. */
  deployAt(channel: Channel, time: number): Promise<Deploy | null>;
}

export interface CollectStore {
  /**
   * Keeps blobs from being collected until a time, whether they are in the store yet or not: whoever publishes
   * leases first, then asks what is missing. A lease is never shortened.
   */
  lease(hashes: readonly Hash[], owner: string, until: number): Promise<void>;
  /** Ends an owner's leases. */
  release(owner: string): Promise<void>;
  /**
   * Drops the oldest deploys of each channel, up to the first that is to stay, never a head; then the blobs that
   * neither a remaining deploy nor a lease names. It does so in many short steps, between which others go on.
   */
  collect(options: CollectOptions): Promise<Collected>;
}

export interface CheckStore {
  /**
   * Blobs to be hashed again, in the order in which they were first put.
   * @param after 0, or `next` of the page before
   * @param limit blobs at most; VERIFY_PAGE_BYTES ends a page sooner
   */
  verifyPage(after: number, limit: number): Promise<VerifyPage>;
  /** What is wrong with the store, in words, blobs' bytes apart: every manifest is built and hashed again. */
  check(hasher: Hasher): Promise<string[]>;
}

export interface TokenStore {
  /** @throws ModcastError `token-exists` */
  putToken(token: NewToken): Promise<void>;
  token(id: string): Promise<Token | null>;
  /** In the order in which they were created. */
  tokens(): Promise<Token[]>;
  /** The token as it is then; null when there is none. A revoked one keeps the time at which it was. */
  revokeToken(id: string, time: number): Promise<Token | null>;
}

/**
 * Where the registry keeps blobs, deploys and what it knows of files. All promises, so that a database server
 * can stand behind it; every implementation runs test/contract/store.ts. A method of a closed store rejects
 * with `store-closed`.
 */
export interface Store
  extends BlobStore, DeployStore, FileStore, HistoryStore, CollectStore, CheckStore, TokenStore {
  close(): Promise<void>;
}
