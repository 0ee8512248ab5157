import {
  HASH_BYTES,
  ModcastError,
  byCodeUnit,
  type Hash,
  type Manifest,
  type ManifestDelta,
  type ManifestModule,
  type ManifestRow,
  type Path,
} from '../../schema/index.js';
import type { ModuleChange, NewDeploy, Tag } from './store.js';

export type Modules = ReadonlyMap<Path, ManifestModule>;

/** Counts of changed modules, and of all modules with their bytes. */
export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly modules: number;
  readonly bytes: number;
}

/** The changes of a deploy against its parent, and their counts. */
export interface Changes extends ChangeCounts {
  /** Added and changed modules. */
  readonly set: ReadonlyMap<Path, ManifestModule>;
  readonly delete: readonly Path[];
}

export const sameModule = (a: ManifestModule | undefined, b: ManifestModule): boolean =>
  a !== undefined && a.hash === b.hash && a.type === b.type && a.size === b.size;

export function compareModules(before: Modules, after: Modules): Changes {
  const set = new Map<Path, ManifestModule>();
  let added = 0;
  let bytes = 0;
  for (const [path, module] of after) {
    const old = before.get(path);
    bytes += module.size;
    if (old === undefined) added++;
    if (!sameModule(old, module)) set.set(path, module);
  }
  const kept = after.size - added;
  const removed = kept === before.size ? [] : [...before.keys()].filter((path) => !after.has(path));
  return {
    set,
    delete: removed,
    added,
    changed: set.size - added,
    removed: removed.length,
    modules: after.size,
    bytes,
  };
}

/** @throws ModcastError `head-moved` */
export function checkHead(
  { channel, expected }: Pick<NewDeploy, 'channel' | 'expected'>,
  found: number | null,
): void {
  if (found === expected) return;
  const state = found === null ? 'has no deploy' : `is at deploy ${found}`;
  const message = `channel ${channel} ${state}; expected ${expected === null ? 'no deploy' : `deploy ${expected}`}`;
  throw new ModcastError('head-moved', message, { expected, found });
}

/**
 * @param sizeOf bytes of a blob, undefined when there is none
 * @throws ModcastError `blob-missing`, `manifest-invalid`
 */
export function checkBlobs(modules: Modules, sizeOf: (hash: Hash) => number | undefined): void {
  const missing = new Set<Hash>();
  for (const [path, module] of modules) {
    const size = sizeOf(module.hash);
    if (size === undefined) {
      missing.add(module.hash);
    } else if (size !== module.size) {
      throw new ModcastError('manifest-invalid', `${path} has ${size} bytes, not ${module.size}`, {
        expected: size,
        found: module.size,
      });
    }
  }
  if (missing.size > 0) throw blobsMissing([...missing]);
}

export function blobsMissing(hashes: readonly Hash[]): ModcastError {
  const message = `${hashes.length} blobs of the manifest are not in the store`;
  return new ModcastError('blob-missing', message, { expected: 'blobs in the store', found: hashes });
}

export function deployUnknown(number: number): ModcastError {
  return new ModcastError('deploy-unknown', `no deploy ${number}`, { found: number });
}

export function blobUnknown(hash: Hash): ModcastError {
  return new ModcastError('blob-unknown', `no blob ${hash}`, { found: hash });
}

export function tokenExists(id: string): ModcastError {
  return new ModcastError('token-exists', `token ${id} already exists`, { found: id });
}

export function tagExists({ name, deploy }: Tag): ModcastError {
  return new ModcastError(
    'tag-exists',
    `tag ${name} already exists, on deploy ${deploy}; move it with --force`,
    {
      expected: 'a new name',
      found: deploy,
    },
  );
}

/** A channel cannot get the name of a tag, and the other way round: each is a ref. */
export function channelIsTag({ name, deploy }: Tag): ModcastError {
  return new ModcastError(
    'tag-exists',
    `no channel can be called ${name}: that is a tag of deploy ${deploy}. Choose another name, or delete the tag`,
    { expected: 'a channel that is no tag', found: deploy },
  );
}

export function tagIsChannel(name: string): ModcastError {
  return new ModcastError('tag-invalid', `no tag can be called ${name}: that is a channel`, {
    expected: 'a name that is no channel',
    found: name,
  });
}

/**
 * Makes a manifest difference. `before` and `after` contain only the paths that changed between two deploys.
 * A path that is equal in both was changed back.
 */
export function makeDelta(before: Modules, after: Modules, target: Omit<Manifest, 'modules'>): ManifestDelta {
  const set: ManifestRow[] = [];
  for (const [path, module] of after) {
    if (!sameModule(before.get(path), module)) set.push([path, module.hash, module.size, module.type]);
  }
  return {
    entries: target.entries,
    importMap: target.importMap,
    set,
    delete: [...before.keys()].filter((path) => !after.has(path)),
  };
}

/** The same as a list. `before` and `after` are as for `makeDelta`. */
export function toChanges(before: Modules, after: Modules): ModuleChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted(byCodeUnit);
  return paths.map((path) => ({
    path,
    before: before.get(path) ?? null,
    after: after.get(path) ?? null,
  }));
}

/** The first and last hash with a prefix. Undefined when no hash can start with it. */
export function prefixRange(prefix: string): readonly [first: Hash, last: Hash] | undefined {
  if (!/^[0-9a-f]{0,64}$/.test(prefix)) return undefined;
  return [prefix.padEnd(2 * HASH_BYTES, '0'), prefix.padEnd(2 * HASH_BYTES, 'f')];
}

/** The same for the text of commits, of any length. */
export function commitRange(prefix: string): readonly [first: string, last: string] | undefined {
  // "g" comes after every digit.
  return /^[0-9a-f]+$/.test(prefix) ? [prefix, `${prefix}g`] : undefined;
}
