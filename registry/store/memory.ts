import { randomBytes } from 'node:crypto';
import type { Channel, Hash, Path } from '../../schema/index.js';
import {
  blobUnknown,
  channelIsTag,
  checkBlobs,
  checkHead,
  compareModules,
  deployUnknown,
  makeDelta,
} from './changes.js';
import { memoryCheck } from './memory-check.js';
import { memoryCollect } from './memory-collect.js';
import { memoryDerived } from './memory-derived.js';
import { memoryHistory } from './memory-history.js';
import {
  ended,
  manifestOf,
  modulesAt,
  newestFirst,
  type Line,
  type State,
  type StoredVersion,
} from './memory-state.js';
import { memoryTags } from './memory-tags.js';
import { memoryTokens } from './memory-tokens.js';
import { asStore, type Methods } from './methods.js';
import { entryPointsToJson } from './entry-points.js';
import {
  DEPLOYS_LIMIT,
  type BlobStore,
  type Deploy,
  type DeployStore,
  type FileStore,
  type Store,
  type StoredBlob,
} from './store.js';

/** Later changes of the caller's array must not change the store. */
const copyOf = (blob: StoredBlob): StoredBlob => ({ ...blob, bytes: Uint8Array.from(blob.bytes) });

function memoryBlobs(state: State): Methods<BlobStore> {
  const { blobs } = state;
  const existing = (hashes: readonly Hash[]) =>
    hashes.flatMap((hash) => {
      const found = blobs.get(hash);
      return found === undefined ? [] : [found.blob];
    });
  return {
    putBlobs(added) {
      // Copy all before storing the first, so that a failed copy stores nothing.
      for (const blob of added.map(copyOf)) {
        const old = blobs.get(blob.hash);
        if (old === undefined) blobs.set(blob.hash, { id: ++state.lastBlob, blob });
        else if (old.blob.links === null) {
          blobs.set(blob.hash, { ...old, blob: { ...old.blob, links: blob.links } });
        }
      }
    },
    repairBlob(blob) {
      const old = blobs.get(blob.hash);
      if (old === undefined) throw blobUnknown(blob.hash);
      blobs.set(blob.hash, { ...old, blob: copyOf(blob) });
    },
    blobs: (hashes) => existing(hashes).map(copyOf),
    links: (hashes) => new Map(existing(hashes).map((blob) => [blob.hash, blob.links])),
    missing: (hashes) => [...new Set(hashes)].filter((hash) => !blobs.has(hash)),
  };
}

function memoryDeploys(
  state: State,
  putBlobs: (blobs: readonly StoredBlob[]) => unknown,
): Methods<DeployStore> {
  const { blobs, lines, deploys } = state;
  const versionsOf = (channel: Channel) => [...(lines.get(channel)?.versions ?? [])];

  return {
    manifest: (number) => manifestOf(state, number),
    commit(fresh) {
      const line: Line = lines.get(fresh.channel) ?? { head: null, versions: new Map() };
      checkHead(fresh, line.head);
      const tag = state.tags.get(fresh.channel);
      if (line.head === null && tag !== undefined) throw channelIsTag(tag);
      const parent = line.head === null ? undefined : deploys.get(line.head)!.deploy;
      if (parent?.manifest === fresh.hash) return { deploy: parent, created: false };
      const changes = compareModules(
        line.head === null ? new Map() : modulesAt(line, line.head),
        fresh.manifest.modules,
      );
      const own = new Map(fresh.blobs?.map((blob) => [blob.hash, blob.bytes.length]));
      checkBlobs(changes.set, (hash) => blobs.get(hash)?.blob.bytes.length ?? own.get(hash));
      putBlobs(fresh.blobs ?? []);
      const number = ++state.lastDeploy;
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
      deploys.set(number, { deploy, site: entryPointsToJson(fresh.manifest) });
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
      return newestFirst(state)
        .filter((deploy) => deploy.number < before && (channel === undefined || deploy.channel === channel))
        .slice(0, limit);
    },
    deployOfManifest(channel, hash) {
      return (
        newestFirst(state).find((deploy) => deploy.channel === channel && deploy.manifest === hash) ?? null
      );
    },
    delta(from, to) {
      const before = manifestOf(state, from);
      const after = manifestOf(state, to);
      if (before === null) throw deployUnknown(from);
      if (after === null) throw deployUnknown(to);
      return makeDelta(before.modules, after.modules, after);
    },
    visible(channel, hashes, from = 0, single = []) {
      const named = new Set(
        versionsOf(channel).flatMap(([, versions]) =>
          versions
            .filter(
              (version) =>
                ended(version) > from ||
                single.some((number) => version.from <= number && number < ended(version)),
            )
            .map(({ module }) => module.hash),
        ),
      );
      return new Set(hashes.filter((hash) => named.has(hash)));
    },
    pathOf(channel, hash) {
      let found: { path: Path; version: StoredVersion } | undefined;
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

/** A store in memory, for tests and for reading a site without writing a database. */
export async function openMemoryStore(): Promise<Store> {
  const state: State = {
    blobs: new Map(),
    lines: new Map(),
    deploys: new Map(),
    files: new Map(),
    leases: new Map(),
    tokens: new Map(),
    tags: new Map(),
    derived: new Map(),
    lastBlob: 0,
    lastDerived: 0,
    lastDeploy: 0,
  };
  const blobs = memoryBlobs(state);
  const id = randomBytes(16).toString('hex');
  const methods = {
    ...blobs,
    ...memoryDeploys(state, blobs.putBlobs),
    ...memoryFiles(state),
    ...memoryHistory(state),
    ...memoryCollect(state),
    ...memoryCheck(state),
    ...memoryTokens(state),
    ...memoryTags(state),
    ...memoryDerived(state),
    identity: () => id,
  };
  return asStore(methods, () => {});
}
