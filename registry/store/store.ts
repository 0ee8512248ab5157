import type { Channel, Hash, Hasher, Links, Manifest, ManifestDelta, Path } from '../../schema/index.js';
import type {
  Collected,
  CollectOptions,
  Deploy,
  FileStat,
  ModuleChange,
  NewDeploy,
  NewToken,
  PathVersion,
  StoredBlob,
  Token,
  VerifyPage,
} from './records.js';

export type * from './records.js';

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
