import { realpathSync } from 'node:fs';
import { PLACEHOLDER_ROOT } from '../../importmap/index.js';
import {
  ModcastError,
  isHash,
  type Diagnostic,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import { debug } from '../debug.js';
import { PageSummaries } from '../pages/page-summaries.js';
import type { Deploy, FileStat, Store, StoredBlob } from '../store/store.js';
import { AddedFiles, type AddedFilesOptions, type SiteBlobs } from './added-files.js';
import { ChangeReader } from './change-reader.js';
import { commitHead } from './commit-head.js';
import { EmptyFiles } from './empty-files.js';
import { FileTable } from './file-table.js';
import {
  compileFilter,
  isBelow,
  readProblem,
  requireDirectory,
  walk,
  type FileFilter,
  type Matches,
} from './files.js';
import { BlobLease } from './blob-lease.js';
import { blobReader } from './blob-reader.js';
import type { ReadProgress } from './read-modules.js';
import { IncludedFiles } from './included-files.js';
import { ManifestBuilder } from './site-manifest.js';

export interface IngestResult {
  readonly deploy: Deploy;
  /** False when the channel's head has this manifest already. */
  readonly created: boolean;
  readonly manifest: Manifest;
  readonly problems: readonly Diagnostic[];
  /** Files that were opened. The others have not changed since they were last read. */
  readonly read: number;
}

export interface IngestOptions extends Pick<AddedFilesOptions, 'generate' | 'packages' | 'served' | 'root'> {
  /** Absolute. A link is followed each time, because it may be pointed to another directory. */
  readonly directory: string;
  readonly store: Store;
  readonly channel: string;
  readonly filter: FileFilter;
  readonly author: string;
  readonly now: () => number;
  /** Pages that are read elsewhere too. */
  readonly summaries?: PageSummaries;
  /** The directory's git commit, for deploys of whole scans. A file that was just saved is not committed. */
  readonly commit?: () => Promise<string | null>;
  /** An update has read files that were not reported to it. They may also disappear without a report. */
  readonly onUnreported?: () => void;
  /**
   * These files may be about to be written. They keep their last content until an update reads them again.
   * Without this callback they are read as they are.
   */
  readonly onUnsettled?: (files: readonly Path[]) => void;
  /** These files exist and could not be read; null: so could directories. What was known of them stays. */
  readonly onUnreadable?: (files: readonly Path[] | null) => void;
}

interface Changes {
  /** Real. */
  readonly directory: string;
  readonly files: readonly Path[];
  /** Files that the table does not have any more. */
  readonly removed: readonly Path[];
  /** Files in directories that cannot be read now. */
  readonly kept: readonly Path[];
  readonly before: ReadonlyMap<Path, ManifestModule>;
  /** Files whose blobs are stored, as they were when they were last read. */
  readonly known: ReadonlyMap<Path, FileStat>;
  readonly progress: (progress: ReadProgress) => void;
}

/** Reads a directory into a store: its blobs, and a deploy of its modules. One call at a time. */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #byName: Matches;
  readonly #included = new IncludedFiles();
  readonly #table = new FileTable();
  readonly #empty: EmptyFiles;
  readonly #manifests: ManifestBuilder;
  readonly #lease: BlobLease;
  readonly #added: AddedFiles;
  /** Whether the table has the whole directory. False before the first scan, and after one that failed. */
  #isWhole = false;
  /** The real path of the directory that the table is about. */
  #root: string | undefined;
  /** Whether there has been a scan, so that a new file has just been created. */
  #isFollowed = false;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#byName = compileFilter(options.filter);
    const { summaries = new PageSummaries() } = options;
    this.#manifests = new ManifestBuilder(summaries, options.root);
    this.#empty = new EmptyFiles(options.now);
    this.#lease = new BlobLease(options.store, options.now);
    this.#added = new AddedFiles({ ...options, summaries, lease: this.#lease });
  }

  /** Whether a file belongs to the registry by its name, or because the site needs it. */
  readonly matches = (file: string): boolean => this.#byName(file) || this.#included.has(file);

  /**
   * Takes files that the filter leaves out, from the next scan or update on.
   * @returns those that exist and are new
   */
  include(files: readonly Path[]): Path[] {
    return this.#included.add(
      this.#openRoot(),
      files.filter((file) => !this.matches(file)),
    );
  }

  /**
   * Reads the whole directory. It does not open files that have not changed since the store last saw them.
   */
  scan(progress: (progress: ReadProgress) => void = () => {}): Promise<IngestResult> {
    return this.#lease.during(async () => {
      const { store, filter } = this.#options;
      const directory = this.#openRoot();
      const { files, skipped, unreadable } = await walk(directory, filter);
      files.push(...this.#included.existing(directory));
      const stats = this.#table.stats.size > 0 ? this.#table.stats : await store.files(directory);
      const known = await this.#withStoredBlobs(stats);
      const before = new Map(this.#table.modules);
      const listed = new Set(files);
      const absent = [...new Set([...stats.keys(), ...before.keys()])].filter((name) => !listed.has(name));
      const isKept = (name: Path) => unreadable.some((place) => isBelow(place, name));
      const removed = absent.filter((name) => !isKept(name));
      this.#isWhole = false;
      this.#table.clear();
      for (const { path: name, reason } of skipped) this.#table.skip(name, reason);
      for (const name of removed) this.#table.remove(name);
      const kept = absent.filter(isKept);
      const result = await this.#take('scan', { directory, files, removed, kept, before, known, progress });
      if (unreadable.length > 0) this.#options.onUnreadable?.(null);
      return result;
    });
  }

  /** Other packages may be installed. */
  forgetPackages(): void {
    this.#added.forgetPackages();
  }

  /** Files of linked packages in the last deploy, outside of the site and of `node_modules`. Absolute. */
  get linkedFiles(): readonly string[] {
    return this.#added.linkedFiles;
  }

  /** Reads these files again, and removes those that are gone. */
  async update(files: Iterable<string>): Promise<IngestResult> {
    const directory = this.#openRoot();
    // Without the rest of the table, this would deploy half of the site.
    if (!this.#isWhole) return this.scan();
    const readable: Path[] = [];
    const removed: Path[] = [];
    for (const file of new Set(files)) {
      if (this.matches(file)) (this.#skipUnreadable(directory, file) ? removed : readable).push(file);
    }
    const { modules, stats } = this.#table;
    const changes = { directory, files: readable, removed, kept: [], before: modules, known: stats };
    try {
      return await this.#lease.during(() => this.#take('update', { ...changes, progress: () => {} }));
    } catch (error) {
      // Another writer has moved the head, and a collector has dropped blobs that only the old head named.
      if (error instanceof ModcastError && error.code === 'blob-missing') return this.scan();
      throw error;
    }
  }

  /**
   * The directory's real path. When it is another one, nothing that was known holds.
   * @throws ModcastError `directory-invalid`
   */
  #openRoot(): string {
    requireDirectory(this.#options.directory);
    const root = realpathSync(this.#options.directory);
    if (root !== this.#root) {
      this.#root = root;
      this.#isWhole = false;
      this.#table.clear();
      this.#table.clearStats();
      this.#added.setDirectory(root);
    }
    return root;
  }

  /** The files whose blobs are in the store. Their blobs stay there until the deploy names them. */
  async #withStoredBlobs(stats: ReadonlyMap<Path, FileStat>): Promise<Map<Path, FileStat>> {
    const hashes = [...new Set([...stats.values()].map((file) => file.hash))];
    await this.#lease.hold(hashes);
    const missing = new Set(await this.#options.store.missing(hashes));
    return new Map([...stats].filter(([, file]) => isHash(file.hash) && !missing.has(file.hash)));
  }

  /** @returns whether the file must not be read, and is left out */
  #skipUnreadable(directory: string, file: string): boolean {
    this.#table.unskip(file);
    const problem = readProblem(directory, file);
    if (problem === undefined) return false;
    this.#table.skip(file, problem);
    this.#empty.forget(file);
    return true;
  }

  async #take(mode: 'scan' | 'update', from: Changes): Promise<IngestResult> {
    const { directory, files, removed, kept, before, known, progress } = from;
    const { store, onUnreported, onUnsettled, onUnreadable } = this.#options;
    const start = performance.now();
    this.#isWhole = false;
    const changes = new ChangeReader({
      directory,
      root: this.#options.root ?? PLACEHOLDER_ROOT,
      matches: this.matches,
      takes: this.#options.filter.takes ?? (() => false),
      table: this.#table,
      empty: this.#empty,
      known,
      before,
      mode,
      unsettledFiles: onUnsettled === undefined ? 'read' : 'keep',
      isFollowed: this.#isFollowed,
      put: (blobs) => this.#put(blobs),
      progress,
    });
    for (const name of kept) changes.keep(name);
    await changes.read(files, removed);
    if (changes.unreported.length > 0) onUnreported?.();
    const { blobs } = changes;
    const site = await this.#added.addTo({ modules: this.#table.modules, blobs }, mode);
    const { manifest, deploy, created } = await this.#deploy(mode, site);
    const { stats, forgotten, unsettled, unreadable, count } = changes;
    // Stats of changed files may stay in the store: their time stamps do not come back.
    if (stats.size > 0 || removed.length > 0) {
      await store.putFiles(directory, { set: stats, delete: [...forgotten] });
    }
    this.#isWhole = true;
    this.#isFollowed = true;
    const ms = Math.round(performance.now() - start);
    const made = created ? `deploy ${deploy.number}` : 'no deploy';
    debug.ingest('%s of %d files: %d read, %d ms, %s', mode, files.length, count, ms, made);
    if (unsettled.length > 0) onUnsettled?.(unsettled);
    if (unreadable.length > 0) onUnreadable?.(unreadable);
    const problems = [...this.#table.problems, ...site.problems];
    return { deploy, created, manifest, problems, read: count };
  }

  async #put(blobs: readonly StoredBlob[]): Promise<void> {
    await this.#lease.hold(blobs.map((blob) => blob.hash));
    await this.#options.store.putBlobs(blobs);
  }

  async #deploy(mode: 'scan' | 'update', { modules, blobs }: SiteBlobs) {
    const { store, channel, author, now, commit } = this.#options;
    const { pathChanges } = this.#table;
    const headManifest = async () => {
      const head = await store.head(channel);
      return head === null ? null : store.manifest(head.number);
    };
    const bytesOf = blobReader(store, blobs);
    const manifest = await this.#manifests.build(modules, pathChanges, headManifest, bytesOf);
    const made = await commitHead(store, {
      channel,
      manifest,
      blobs,
      time: now(),
      author,
      message: '',
      commit: async () => (mode === 'scan' ? ((await commit?.()) ?? null) : null),
      // An update's author waits for the page, and the file can be read again.
      durable: mode === 'scan',
    });
    return { manifest, ...made };
  }
}
