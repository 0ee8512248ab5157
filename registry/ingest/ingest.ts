import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import {
  LIMITS,
  ModcastError,
  isHash,
  manifestBytes,
  pathProblem,
  type Diagnostic,
  type Hash,
  type Links,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import { compileFilter, linkProblem, requireDirectory, walk, type FileFilter } from './files.js';
import { isGone, reasonFor } from './left-out.js';
import { blake3 } from '../hash.js';
import { mediaType } from '../content/media-type.js';
import { importedPaths, moduleLinks } from './module-links.js';
import { siteEntries } from '../pages/entries.js';
import { EMPTY_MS, isMeantEmpty, isUnchanged, readStable, statFile, type ReadFile } from './read-file.js';
import { withFrame } from './syntax.js';
import type { Deploy, FileStat, Store, StoredBlob } from '../store/store.js';

export interface IngestResult {
  readonly deploy: Deploy;
  /** False when the directory is what the channel's head already says. */
  readonly created: boolean;
  readonly manifest: Manifest;
  readonly problems: readonly Diagnostic[];
  /** Files whose bytes were read; the others had not changed since they were last read. */
  readonly read: number;
}

export interface IngestProgress {
  readonly done: number;
  readonly total: number;
}

export interface IngestOptions {
  /** Absolute and real. */
  readonly directory: string;
  readonly store: Store;
  readonly channel: string;
  readonly filter: FileFilter;
  readonly author: string;
  readonly now: () => number;
  /** The git commit that the directory is at, asked for deploys of whole scans: a file just saved is ahead of it. */
  readonly commit?: () => Promise<string | null>;
  /** An update took in files that nobody had told of: they may go without anybody telling, too. */
  readonly onUntold?: () => void;
  /**
   * Files that seem to be about to be written are left as they were before, and are to be looked at again. Without this
   * they are taken as they are.
   */
  readonly onUnsettled?: (files: readonly Path[]) => void;
}

/** Files whose syntax is being checked at the same time. */
const CHECKERS = 64;

/** Bytes of new blobs that are gathered for one transaction. */
const BATCH_BYTES = 64 * 1024 * 1024;

/** Milliseconds that blobs are kept from collectors in other processes, unless the deploy comes sooner. */
const LEASE_MS = 60 * 60_000;

/** Milliseconds after which reading lets others have the event loop. */
const SLICE_MS = 20;

/** Reads a directory into a store: the blobs, and a deploy of what the directory now holds. One call at a time. */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #matches: (path: string) => boolean;
  readonly #owner = `ingest:${randomUUID()}`;
  #modules = new Map<Path, ManifestModule>();
  /** Whether `#modules` is all that the directory held. Not before the first scan, nor after one that failed. */
  #whole = false;
  /** Whether there has been a scan: what turns up now has just been created. */
  #isFollowed = false;
  #stats = new Map<Path, FileStat>();
  /** Syntax errors of the files as they are, kept until the file is mended. */
  #broken = new Map<Path, Diagnostic>();
  /** Files that were left out, until they are looked at again. */
  #skipped = new Map<string, Diagnostic>();
  /** When files that are empty were first seen so. */
  readonly #emptySince = new Map<Path, number>();
  /** Counts the changes of which names there are: with the pages, what decides about the entries. */
  #names = 0;
  #leased = false;
  /** The pages' entries and import map, and the pages and names of which they were made. */
  #site: { key: string; entries: readonly Path[]; importMap: Manifest['importMap'] } | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#matches = compileFilter(options.filter);
  }

  /** Whether a file belongs to the registry by its name. */
  matches(file: string): boolean {
    return this.#matches(file);
  }

  /** Reads the whole directory. Files that have not changed since the store last saw them are not opened. */
  scan(progress: (progress: IngestProgress) => void = () => {}): Promise<IngestResult> {
    return this.#leasing(() => this.#scan(progress));
  }

  async #scan(progress: (progress: IngestProgress) => void): Promise<IngestResult> {
    const { directory, store, filter } = this.#options;
    requireDirectory(directory);
    const found = await walk(directory, filter);
    const known = this.#stats.size > 0 ? this.#stats : await store.files(directory);
    const hashes = [...new Set([...known.values()].map((file) => file.hash))];
    // What is here now must still be here when the deploy names it.
    await this.#lease(hashes);
    const gone = new Set(await store.missing(hashes));
    const usable = new Map([...known].filter(([, file]) => isHash(file.hash) && !gone.has(file.hash)));
    this.#whole = false;
    this.#skipped.clear();
    for (const { path: name, reason } of found.skipped) this.#skip(name, reason);
    this.#modules = new Map();
    this.#names++;
    const listed = new Set(found.files);
    const removed = [...known.keys()].filter((name) => !listed.has(name));
    for (const name of removed) this.#broken.delete(name);
    return this.#take(found.files, removed, usable, progress);
  }

  /** Looks again at some files: those that are there are read, those that are gone are dropped. */
  async update(files: Iterable<string>): Promise<IngestResult> {
    requireDirectory(this.#options.directory);
    // A deploy of these alone would be one of half the site.
    if (!this.#whole) return this.scan();
    const candidates = [...new Set(files)].filter((file) => this.#matches(file));
    const refused = new Set<string>();
    for (const file of candidates) {
      this.#skipped.delete(file);
      const problem = this.#problemOf(file);
      if (problem === undefined) continue;
      refused.add(file);
      this.#forget(file);
      this.#skip(file, problem);
    }
    const named = candidates.filter((file) => !refused.has(file));
    try {
      return await this.#leasing(() => this.#take(named, [...refused], this.#stats, () => {}));
    } catch (error) {
      // Another writer moved the head, and a collector took what only the old one had.
      if (error instanceof ModcastError && error.code === 'blob-missing') return this.scan();
      throw error;
    }
  }

  async #leasing(work: () => Promise<IngestResult>): Promise<IngestResult> {
    try {
      return await work();
    } finally {
      if (this.#leased) await this.#options.store.release(this.#owner);
      this.#leased = false;
    }
  }

  #lease(hashes: readonly Hash[]): Promise<void> {
    const { store, now } = this.#options;
    this.#leased = true;
    return store.lease(hashes, this.#owner, now() + LEASE_MS);
  }

  /** Why a file is not to be read that nobody has found by walking; a link may lead anywhere. */
  #problemOf(file: string): string | undefined {
    try {
      const real = realpathSync(path.join(this.#options.directory, file));
      return pathProblem(file) ?? linkProblem(this.#options.directory, real);
    } catch {
      // There is nothing, which is for whoever opens it to find.
      return undefined;
    }
  }

  #skip(file: string, message: string): void {
    this.#skipped.set(file, { path: file, kind: 'skipped', severity: 'warning', message });
  }

  async #take(
    files: readonly Path[],
    removed: readonly Path[],
    known: ReadonlyMap<Path, FileStat>,
    progress: (progress: IngestProgress) => void,
  ): Promise<IngestResult> {
    const { directory, store, onUnsettled } = this.#options;
    const isUpdate = this.#whole;
    this.#whole = false;
    const set = new Map<Path, FileStat>();
    const dropped = new Set(removed);
    let blobs: StoredBlob[] = [];
    let bytes = 0;
    let read = 0;
    const flush = async () => {
      const batch = blobs;
      blobs = [];
      bytes = 0;
      await this.#lease(batch.map((blob) => blob.hash));
      await store.putBlobs(batch);
    };
    const linksOf = new Map<Path, Links>();
    const take = async (name: Path, fresh: ReadFile) => {
      const links = await this.#linksOf(name, fresh.bytes);
      blobs.push({ hash: fresh.hash, bytes: fresh.bytes, links });
      if (isUpdate && links !== null) linksOf.set(name, links);
      this.#put(name, fresh.hash, fresh.bytes.length);
      // A broken file is read again at every start, so that its author hears of it again.
      if (fresh.stat === null || this.#broken.has(name)) dropped.add(name);
      else set.set(name, fresh.stat);
    };

    const leaveOut = (name: Path, error: unknown) => {
      this.#forget(name);
      dropped.add(name);
      // Gone between two calls: that is what files do.
      if (!isGone(error)) this.#skip(name, reasonFor(error));
    };

    const unsettled: Path[] = [];
    const checking = new Set<Promise<void>>();
    let slice = performance.now();
    const queue = [...files];
    for (let done = 0; done < queue.length; done++) {
      if (performance.now() - slice > SLICE_MS) {
        progress({ done, total: queue.length });
        await new Promise((resolve) => setImmediate(resolve));
        slice = performance.now();
      }
      const name = queue[done]!;
      try {
        const file = path.join(directory, name);
        const old = known.get(name);
        const now = statFile(file);
        if (now === undefined) {
          this.#forget(name);
          dropped.add(name);
        } else if (old !== undefined && isUnchanged(old, now)) {
          this.#put(name, old.hash, old.size);
          this.#stats.set(name, old);
        } else {
          const fresh = readStable(file);
          const isEmpty = onUnsettled !== undefined && fresh.bytes.length === 0;
          if (isEmpty && this.#hadMore(name, old) && !this.#isMeantEmpty(name, file)) {
            unsettled.push(name);
            if (old !== undefined && !this.#modules.has(name)) this.#put(name, old.hash, old.size);
          } else {
            this.#emptySince.delete(name);
            read++;
            bytes += fresh.bytes.length;
            const taken = take(name, fresh)
              .catch((error: unknown) => leaveOut(name, error))
              .finally(() => checking.delete(taken));
            checking.add(taken);
          }
          if (checking.size >= CHECKERS) await Promise.race(checking);
          if (bytes > BATCH_BYTES) {
            await Promise.all(checking);
            await flush();
          }
        }
      } catch (error) {
        leaveOut(name, error);
      }
      if (done + 1 < queue.length) continue;
      await Promise.all(checking);
      const untold = this.#untold(linksOf);
      if (untold.length > 0) this.#options.onUntold?.();
      queue.push(...untold);
      linksOf.clear();
    }
    for (const name of dropped) this.#stats.delete(name);
    for (const [name, file] of set) this.#stats.set(name, file);
    progress({ done: queue.length, total: queue.length });
    const manifest = await this.#manifest(blobs);
    const { deploy, created } = await this.#commit(manifest, blobs, isUpdate);
    // What is known of files that have changed or gone does no harm: their time stamps are none that will be met again.
    if (set.size > 0 || removed.length > 0) await store.putFiles(directory, { set, delete: [...dropped] });
    this.#whole = true;
    this.#isFollowed = true;
    if (unsettled.length > 0) onUnsettled?.(unsettled);
    const problems = [...this.#skipped.values(), ...this.#broken.values()];
    return { deploy, created, manifest, problems, read };
  }

  /**
   * Files that modules import and that are there, although nobody has told of them: one save may be seen as two
   * changes, and a page is to get a module together with what it imports for the first time.
   */
  #untold(read: ReadonlyMap<Path, Links>): Path[] {
    const found = new Set<Path>();
    for (const [name, links] of read) {
      for (const file of importedPaths(name, links)) {
        if (this.#modules.has(file) || !this.#matches(file)) continue;
        const stat = statFile(path.join(this.#options.directory, file));
        // What is empty is still being written.
        if (stat === undefined || stat.size === 0n || this.#problemOf(file) !== undefined) continue;
        found.add(file);
      }
    }
    return [...found];
  }

  /**
   * Whether a file that is empty may have been truncated, or created, to be written. One that the first scan finds so
   * and that nobody knew is a part of the site like any other.
   */
  #hadMore(name: Path, old: FileStat | undefined): boolean {
    const size = this.#modules.get(name)?.size ?? old?.size;
    return size === undefined ? this.#isFollowed : size > 0;
  }

  /**
   * Whether a file that was found empty is to be. Its time stamp alone does not tell: a file that is being truncated may
   * have the time of its last write for as long as the file system is busy.
   */
  #isMeantEmpty(name: Path, file: string): boolean {
    const now = this.#options.now();
    const since = this.#emptySince.get(name) ?? now;
    this.#emptySince.set(name, since);
    return isMeantEmpty(file) && now - since >= EMPTY_MS;
  }

  #put(name: Path, hash: Hash, size: number): void {
    if (!this.#modules.has(name)) this.#names++;
    this.#modules.set(name, { hash, size, type: mediaType(name) });
  }

  #forget(name: Path): void {
    if (this.#modules.delete(name)) this.#names++;
    this.#broken.delete(name);
    this.#emptySince.delete(name);
  }

  /** Links of a module; null for what is no JavaScript. Notes a syntax error for the author. */
  async #linksOf(name: Path, bytes: Buffer): Promise<Links | null> {
    this.#broken.delete(name);
    const { links, problem } = await moduleLinks(name, bytes);
    if (problem !== undefined) {
      this.#broken.set(name, { path: name, kind: 'syntax', severity: 'error', ...withFrame(problem, bytes) });
    }
    return links;
  }

  /** @param fresh blobs that are not in the store yet */
  async #manifest(fresh: readonly StoredBlob[]): Promise<Manifest> {
    const { store, channel } = this.#options;
    const modules = new Map(this.#modules);
    if (modules.size > LIMITS.manifestModules) {
      throw new ModcastError('manifest-invalid', `the directory holds ${modules.size} modules`, {
        expected: `at most ${LIMITS.manifestModules}`,
        found: modules.size,
      });
    }
    // Entries depend on the pages and on which of the modules they name are there.
    const pages = [...modules].filter(([, module]) => module.type === 'text/html');
    const key = JSON.stringify([pages.map(([name, page]) => [name, page.hash]).toSorted(), this.#names]);
    if (this.#site?.key !== key) {
      const head = await store.head(channel);
      const before = head === null ? null : await store.manifest(head.number);
      const same =
        this.#site === undefined &&
        before !== null &&
        before.modules.size === modules.size &&
        [...modules.keys()].every((name) => before.modules.has(name)) &&
        pages.every(([name, page]) => before.modules.get(name)?.hash === page.hash);
      this.#site = {
        key,
        ...(same ? before : await siteEntries(pages, modules, (hash) => this.#bytes(hash, fresh))),
      };
    }
    return { modules, entries: this.#site.entries, importMap: this.#site.importMap };
  }

  async #bytes(hash: Hash, fresh: readonly StoredBlob[]): Promise<Uint8Array> {
    const own = fresh.find((one) => one.hash === hash);
    const [blob] = own === undefined ? await this.#options.store.blobs([hash]) : [own];
    if (blob === undefined) throw new ModcastError('blob-unknown', `no blob ${hash}`, { found: hash });
    return blob.bytes;
  }

  /** Another writer of the channel (a publish onto it) moves the head: what the directory holds still wins. */
  async #commit(
    manifest: Manifest,
    blobs: readonly StoredBlob[],
    isUpdate: boolean,
  ): Promise<{ deploy: Deploy; created: boolean }> {
    const { store, channel, author, now, commit } = this.#options;
    const hash = blake3(manifestBytes(manifest));
    for (;;) {
      const head = await store.head(channel);
      if (head?.manifest === hash) return { deploy: head, created: false };
      try {
        return await store.commit({
          channel,
          manifest,
          hash,
          blobs,
          expected: head?.number ?? null,
          time: now(),
          author,
          message: '',
          commit: isUpdate ? null : ((await commit?.()) ?? null),
          // What was just saved is in its file, and its author waits for the page.
          durable: !isUpdate,
        });
      } catch (error) {
        if (!(error instanceof ModcastError) || error.code !== 'head-moved') throw error;
      }
    }
  }
}
