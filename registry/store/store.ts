import type {
  Channel,
  Hash,
  Hasher,
  Links,
  Manifest,
  ManifestDelta,
  Path,
  RegistryId,
} from '../../schema/index.js';
import type {
  Collected,
  CollectOptions,
  Deploy,
  DerivedItem,
  DerivedKind,
  DerivedPage,
  FileStat,
  ModuleChange,
  NewDeploy,
  NewToken,
  PathVersion,
  StoredBlob,
  Tag,
  Token,
  VerifyPage,
} from './records.js';

export type * from './records.js';

/** Bytes of blobs after which a page of `verifyPage` ends. */
export const VERIFY_PAGE_BYTES = 16 * 1024 * 1024;

/** Bytes of derived items after which a page of `derivedPage` ends. */
export const DERIVED_PAGE_BYTES = 16 * 1024 * 1024;

/** Blobs, and deploys, that `resolveHash` returns at most. */
export const RESOLVED_LIMIT = 10;

/** Default length of a list of deploys. */
export const DEPLOYS_LIMIT = 100;

export interface BlobStore {
  /** Stores blobs, all or none. An existing blob keeps its bytes, and gets links if it had none. */
  putBlobs(blobs: readonly StoredBlob[]): Promise<void>;
  /**
   * Replaces a damaged blob's bytes and links.
   * @throws ModcastError `blob-unknown`
   */
  repairBlob(blob: StoredBlob): Promise<void>;
  /** The existing blobs, in the given order. */
  blobs(hashes: readonly Hash[]): Promise<StoredBlob[]>;
  /** Links of the existing blobs, without reading bytes. */
  links(hashes: readonly Hash[]): Promise<Map<Hash, Links | null>>;
  /** The hashes that are not in the store, without duplicates. */
  missing(hashes: readonly Hash[]): Promise<Hash[]>;
}

export interface DeployStore {
  /**
   * Makes a manifest the channel's head. When the head already has this manifest, no deploy is made and the
   * head is returned.
   * @throws ModcastError `head-moved` (found: the head's number), `blob-missing` (found: the hashes),
   *   `manifest-invalid` (a module's size is not that of its blob), `tag-exists` (the channel would be new,
   *   and a tag has its name)
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
  /** Null when there is no such deploy. The modules are in no particular order. */
  manifest(number: number): Promise<Manifest | null>;
  /**
   * The difference between the manifests of two deploys, in either direction.
   * @throws ModcastError `deploy-unknown`
   */
  delta(from: number, to: number): Promise<ManifestDelta>;
  /**
   * The hashes that a deploy of the channel contains. One indexed lookup for each.
   * @param from only deploys from this number on. Default: all
   * @param single numbers of further deploys
   */
  visible(
    channel: Channel,
    hashes: readonly Hash[],
    from?: number,
    single?: readonly number[],
  ): Promise<Set<Hash>>;
  /** A path of a hash on the channel, from the newest deploy that has one. */
  pathOf(channel: Channel, hash: Hash): Promise<Path | null>;
}

export interface FileStore {
  /** The states of a directory's files at its last scan. */
  files(directory: string): Promise<Map<Path, FileStat>>;
  putFiles(
    directory: string,
    change: { set: ReadonlyMap<Path, FileStat>; delete: readonly Path[] },
  ): Promise<void>;
}

export interface HistoryStore {
  /**
   * The versions of a path on a channel, newest first. A version's `from` and `to` may be collected deploys,
   * and versions that only collected deploys had are left out.
   */
  versions(channel: Channel, path: Path): Promise<PathVersion[]>;
  /**
   * The changes of a deploy against its parent, sorted by path; for a channel's first deploy all modules.
   * Null when there is no such deploy, or when its parent was collected.
   */
  changes(number: number): Promise<ModuleChange[] | null>;
  /**
   * The blobs (sorted), and the deploys (newest first) whose manifest's hash starts with these hex digits: at
   * most RESOLVED_LIMIT of each. Both are empty when `prefix` is not the start of a hash.
   */
  resolveHash(prefix: string): Promise<{ readonly blobs: Hash[]; readonly deploys: number[] }>;
  /**
   * The deploys whose git commit starts with these hex digits: of each commit the newest one on each channel,
   * newest first, at most RESOLVED_LIMIT. Empty when `prefix` is not the start of a commit.
   */
  resolveCommit(prefix: string): Promise<Deploy[]>;
  /** The channel's newest deploy up to a time. */
  deployAt(channel: Channel, time: number): Promise<Deploy | null>;
}

/**
 * What is made of blobs and manifests, kept so that it is not made again: in no manifest, in no history.
 * Everything in it can be dropped at any time. Bytes are not verified here: who reads them compares their
 * hash.
 */
export interface DerivedStore {
  /** The existing items of a kind, in the given order. */
  derived(kind: DerivedKind, keys: readonly Hash[]): Promise<DerivedItem[]>;
  /** An item whose bytes should have this hash. */
  derivedByHash(hash: Hash): Promise<DerivedItem | null>;
  /**
   * Stores items, all or none. They replace those of the same kind and key. A power failure may lose them.
   */
  putDerived(items: readonly DerivedItem[]): Promise<void>;
  dropDerived(items: readonly Pick<DerivedItem, 'kind' | 'key'>[]): Promise<void>;
  /**
   * All items, in pages.
   * @param after 0, or `next` of the previous page
   * @param limit items at most; DERIVED_PAGE_BYTES may end a page earlier
   */
  derivedPage(after: number, limit: number): Promise<DerivedPage>;
}

export interface CollectStore {
  /**
   * Protects blobs from collection until a time, also blobs that are not stored yet: a publisher first
   * leases, then asks which blobs are missing. A lease is never shortened.
   */
  lease(hashes: readonly Hash[], owner: string, until: number): Promise<void>;
  /** Ends an owner's leases. */
  release(owner: string): Promise<void>;
  /**
   * Deletes the oldest deploys of each channel, up to the first that is kept, never a head or a deploy with a
   * tag; then the blobs without a deploy or lease; then the derived items that no kept deploy needs: fusions
   * of other manifests, runs that no fusion needs, records of other blobs. Runs in many short steps, so that
   * others can use the store in between.
   */
  collect(options: CollectOptions): Promise<Collected>;
}

export interface CheckStore {
  /**
   * Blobs to verify, in the order in which they were first stored.
   * @param after 0, or `next` of the previous page
   * @param limit blobs at most; VERIFY_PAGE_BYTES may end a page earlier
   */
  verifyPage(after: number, limit: number): Promise<VerifyPage>;
  /** Problems of the store as text, except for the bytes of blobs. Every manifest is built and hashed. */
  check(hasher: Hasher): Promise<string[]>;
}

export interface TokenStore {
  /** @throws ModcastError `token-exists` */
  putToken(token: NewToken): Promise<void>;
  token(id: string): Promise<Token | null>;
  /** In order of creation. */
  tokens(): Promise<Token[]>;
  /** The revoked token; null when there is none. A token that was revoked before keeps that time. */
  revokeToken(id: string, time: number): Promise<Token | null>;
}

/** Names of deploys. They are none of the channels' names. */
export interface TagStore {
  /**
   * Tags a deploy.
   * @param force move an existing tag
   * @returns the tag that it replaces; null if it is new
   * @throws ModcastError `deploy-unknown`; `tag-invalid`: a channel has the name; `tag-exists` (found: the
   *   deploy's number)
   */
  putTag(tag: Tag, options?: { readonly force?: boolean }): Promise<Tag | null>;
  /** Sorted by name. */
  tags(): Promise<Tag[]>;
  /** The deleted tag; null when there is none. */
  deleteTag(name: string): Promise<Tag | null>;
}

export interface IdentityStore {
  /** Made at random when the store is created, or migrated from a version without one. Never changes. */
  identity(): Promise<RegistryId>;
}

/**
 * Stores blobs, deploys and the states of files. All methods return promises, so that a database server can
 * implement it. Every implementation runs test/contract/store.ts. Methods of a closed store reject with
 * `store-closed`.
 */
export interface Store
  extends
    BlobStore,
    DeployStore,
    FileStore,
    HistoryStore,
    DerivedStore,
    CollectStore,
    CheckStore,
    TokenStore,
    TagStore,
    IdentityStore {
  close(): Promise<void>;
}
