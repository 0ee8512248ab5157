import type { Channel, Hash, Manifest, ManifestModule, Path } from '../../schema/index.js';
import {
  blobUnknown,
  checkBlobs,
  checkHead,
  compareModules,
  deployUnknown,
  makeDelta,
  type Modules,
} from './changes.js';
import { asStore, type Methods } from './methods.js';
import { siteFromJson, siteToJson } from './site.js';
import {
  DEPLOYS_LIMIT,
  type BlobStore,
  type Deploy,
  type DeployStore,
  type FileStat,
  type FileStore,
  type Store,
  type StoredBlob,
} from './store.js';

/** A module at a path, from one deploy of its channel (inclusive) to another (exclusive; null: still there). */
interface Version {
  readonly module: ManifestModule;
  readonly from: number;
  to: number | null;
}

interface Line {
  head: number | null;
  /** Of each path the versions, oldest first. */
  readonly versions: Map<Path, Version[]>;
}

interface State {
  readonly blobs: Map<Hash, StoredBlob>;
  readonly lines: Map<Channel, Line>;
  /** In order of their numbers. */
  readonly deploys: Map<number, { readonly deploy: Deploy; readonly site: string }>;
  readonly files: Map<string, Map<Path, FileStat>>;
  last: number;
}

const ended = (version: Version): number => version.to ?? Infinity;

const versionAt = (versions: readonly Version[], number: number): Version | undefined =>
  versions.find((version) => version.from <= number && ended(version) > number);

function modulesAt(line: Line, number: number): Modules {
  const modules = new Map<Path, ManifestModule>();
  for (const [path, versions] of line.versions) {
    const version = versionAt(versions, number);
    if (version !== undefined) modules.set(path, version.module);
  }
  return modules;
}

/** Nobody's later change of an array may reach the store. */
const copyOf = (blob: StoredBlob): StoredBlob => ({ ...blob, bytes: Uint8Array.from(blob.bytes) });

function memoryBlobs({ blobs }: State): Methods<BlobStore> {
  const existing = (hashes: readonly Hash[]) =>
    hashes.map((hash) => blobs.get(hash)).filter((blob) => blob !== undefined);
  return {
    putBlobs(added) {
      // All are copied before the first is kept: what cannot be copied leaves nothing behind.
      for (const blob of added.map(copyOf)) {
        const old = blobs.get(blob.hash);
        if (old === undefined) blobs.set(blob.hash, blob);
        else if (old.links === null) blobs.set(blob.hash, { ...old, links: blob.links });
      }
    },
    mendBlob(blob) {
      if (!blobs.has(blob.hash)) throw blobUnknown(blob.hash);
      blobs.set(blob.hash, copyOf(blob));
    },
    blobs: (hashes) => existing(hashes).map(copyOf),
    links: (hashes) => new Map(existing(hashes).map((blob) => [blob.hash, blob.links])),
    missing: (hashes) => [...new Set(hashes)].filter((hash) => !blobs.has(hash)),
  };
}

function memoryDeploys(state: State): Methods<DeployStore> {
  const { blobs, lines, deploys } = state;
  const newestFirst = () => [...deploys.values()].map(({ deploy }) => deploy).toReversed();
  const versionsOf = (channel: Channel) => [...(lines.get(channel)?.versions ?? [])];

  const manifest = (number: number): Manifest | null => {
    const entry = deploys.get(number);
    if (entry === undefined) return null;
    return { modules: modulesAt(lines.get(entry.deploy.channel)!, number), ...siteFromJson(entry.site) };
  };

  return {
    manifest,
    commit(fresh) {
      const line: Line = lines.get(fresh.channel) ?? { head: null, versions: new Map() };
      checkHead(fresh, line.head);
      const parent = line.head === null ? undefined : deploys.get(line.head)!.deploy;
      if (parent?.manifest === fresh.hash) return { deploy: parent, created: false };
      const changes = compareModules(
        line.head === null ? new Map() : modulesAt(line, line.head),
        fresh.manifest.modules,
      );
      checkBlobs(changes.set, (hash) => blobs.get(hash)?.bytes.length);
      const number = ++state.last;
      for (const path of [...changes.delete, ...changes.set.keys()]) {
        const open = line.versions.get(path)?.at(-1);
        if (open !== undefined) open.to ??= number;
      }
      for (const [path, module] of changes.set) {
        const version = { module: { ...module }, from: number, to: null };
        line.versions.set(path, [...(line.versions.get(path) ?? []), version]);
      }
      const { channel, time, author, message, commit } = fresh;
      const { added, changed, removed, modules, bytes } = changes;
      const deploy: Deploy = {
        number,
        channel,
        manifest: fresh.hash,
        time,
        author,
        message,
        parent: line.head,
        commit,
        added,
        changed,
        removed,
        modules,
        bytes,
      };
      deploys.set(number, { deploy, site: siteToJson(fresh.manifest) });
      lines.set(channel, line);
      line.head = number;
      return { deploy, created: true };
    },
    head(channel) {
      const number = lines.get(channel)?.head ?? null;
      return number === null ? null : deploys.get(number)!.deploy;
    },
    channels: () => [...lines.keys()].toSorted(),
    deploy: (number) => deploys.get(number)?.deploy ?? null,
    deploys({ channel, before = Infinity, limit = DEPLOYS_LIMIT } = {}) {
      return newestFirst()
        .filter((deploy) => deploy.number < before && (channel === undefined || deploy.channel === channel))
        .slice(0, limit);
    },
    deployOfManifest(channel, hash) {
      return newestFirst().find((deploy) => deploy.channel === channel && deploy.manifest === hash) ?? null;
    },
    delta(from, to) {
      const before = manifest(from);
      const after = manifest(to);
      if (before === null) throw deployUnknown(from);
      if (after === null) throw deployUnknown(to);
      return makeDelta(before.modules, after.modules, after);
    },
    visible(channel, hashes) {
      const named = new Set(
        versionsOf(channel).flatMap(([, versions]) => versions.map(({ module }) => module.hash)),
      );
      return new Set(hashes.filter((hash) => named.has(hash)));
    },
    pathOf(channel, hash) {
      let found: { path: Path; version: Version } | undefined;
      for (const [path, versions] of versionsOf(channel)) {
        for (const version of versions) {
          if (version.module.hash !== hash) continue;
          if (found === undefined || ended(version) > ended(found.version)) found = { path, version };
        }
      }
      return found?.path ?? null;
    },
  };
}

function memoryFiles({ files }: State): Methods<FileStore> {
  return {
    files: (directory) => new Map(files.get(directory)),
    putFiles(directory, change) {
      const known = new Map(files.get(directory));
      for (const path of change.delete) known.delete(path);
      for (const [path, stat] of change.set) known.set(path, { ...stat });
      files.set(directory, known);
    },
  };
}

/** A store that lasts as long as the process: for tests, and for looking at a site without leaving a trace. */
export async function openMemoryStore(): Promise<Store> {
  const state: State = {
    blobs: new Map(),
    lines: new Map(),
    deploys: new Map(),
    files: new Map(),
    last: 0,
  };
  return asStore({ ...memoryBlobs(state), ...memoryDeploys(state), ...memoryFiles(state) }, () => {});
}
