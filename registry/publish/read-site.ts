import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  LIMITS,
  ModcastError,
  manifestBytes,
  type Diagnostic,
  type Hash,
  type Links,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import { compileFilter, openDirectory, walk, type FileFilter } from '../ingest/files.js';
import { blake3 } from '../hash.js';
import { mediaType } from '../content/media-type.js';
import { moduleLinks } from '../ingest/module-links.js';
import { siteEntries } from '../pages/entries.js';
import { readStable } from '../ingest/read-file.js';
import { gitCommit } from '../ingest/git-commit.js';

/** A directory as it was when it was read. */
export interface SiteContent {
  /** Absolute and real. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly hash: Hash;
  readonly links: ReadonlyMap<Path, Links | null>;
  /** Files that do not parse. */
  readonly broken: ReadonlyMap<Path, Diagnostic>;
  /** Files that match and were left out. */
  readonly skipped: readonly Diagnostic[];
  readonly commit: string | null;
  /**
   * A blob's bytes, read once more: a site need not fit the memory.
   * @throws ModcastError `file-unstable` when the file has changed since
   */
  bytes(hash: Hash): Uint8Array;
}

export interface ReadProgress {
  readonly done: number;
  readonly total: number;
}

/** Milliseconds after which reading lets others have the event loop. */
const SLICE_MS = 20;

/**
 * Reads a directory for publishing. Other than the ingest of a directory that is being edited, it does not go on
 * without a file that cannot be read.
 *
 * @throws ModcastError `directory-invalid`, `file-unstable`, `file-too-large`, `manifest-invalid`; the file system's
 *   own errors
 */
export async function readSite(
  name: string,
  filter: FileFilter,
  progress: (progress: ReadProgress) => void = () => {},
): Promise<SiteContent> {
  const directory = await openDirectory(name);
  const { files, skipped } = await walk(directory, filter);
  if (files.length > LIMITS.manifestModules) {
    throw new ModcastError('manifest-invalid', `the directory holds ${files.length} modules`, {
      expected: `at most ${LIMITS.manifestModules}`,
      found: files.length,
    });
  }
  const commit = await gitCommit(directory, compileFilter(filter));
  const modules = new Map<Path, ManifestModule>();
  const places = new Map<Hash, Path>();
  const links = new Map<Path, Links | null>();
  const broken = new Map<Path, Diagnostic>();
  let slice = performance.now();
  for (const [done, file] of files.entries()) {
    if (performance.now() - slice > SLICE_MS) {
      progress({ done, total: files.length });
      await setImmediate();
      slice = performance.now();
    }
    const { hash, bytes } = readStable(path.join(directory, file));
    modules.set(file, { hash, size: bytes.length, type: mediaType(file) });
    places.set(hash, file);
    const found = await moduleLinks(file, bytes);
    links.set(file, found.links);
    if (found.problem !== undefined)
      broken.set(file, { path: file, kind: 'syntax', severity: 'error', ...found.problem });
  }
  progress({ done: files.length, total: files.length });

  const bytesOf = (hash: Hash): Uint8Array => {
    const place = places.get(hash)!;
    const again = readStable(path.join(directory, place));
    if (again.hash === hash) return again.bytes;
    throw new ModcastError('file-unstable', `${place} was changed while it was published; publish again`, {
      expected: hash,
      found: again.hash,
    });
  };
  const pages = [...modules].filter(([, module]) => module.type === 'text/html');
  const manifest = { modules, ...(await siteEntries(pages, modules, async (hash) => bytesOf(hash))) };
  return {
    directory,
    manifest,
    hash: blake3(manifestBytes(manifest)),
    links,
    broken,
    skipped: skipped.map(({ path: file, reason }) => ({
      path: file,
      kind: 'skipped',
      severity: 'warning',
      message: reason,
    })),
    commit,
    bytes: bytesOf,
  };
}
