import type { Channel, Hash, Manifest, ManifestModule, Path } from '../../schema/index.js';
import type { Modules } from './changes.js';
import { entryPointsFromJson } from './entry-points.js';
import type { Deploy, DerivedItem, FileStat, StoredBlob, Tag, Token } from './store.js';

/** A module at a path, from one deploy of its channel (inclusive) to another (exclusive; null: current). */
export interface StoredVersion {
  readonly module: ManifestModule;
  readonly from: number;
  to: number | null;
}

export interface Line {
  head: number | null;
  /** The versions of each path, oldest first. */
  readonly versions: Map<Path, StoredVersion[]>;
}

export interface State {
  /** In the order in which they were first stored. `id` counts them. */
  readonly blobs: Map<Hash, { readonly id: number; readonly blob: StoredBlob }>;
  readonly lines: Map<Channel, Line>;
  /** In order of number. */
  readonly deploys: Map<number, { readonly deploy: Deploy; readonly site: string }>;
  readonly files: Map<string, Map<Path, FileStat>>;
  /** The leased blobs of each owner, with the end of the lease. */
  readonly leases: Map<string, Map<Hash, number>>;
  readonly tokens: Map<string, Token>;
  readonly tags: Map<string, Tag>;
  /** By kind and key, in the order in which they were stored. */
  readonly derived: Map<string, { readonly id: number; readonly item: DerivedItem }>;
  lastBlob: number;
  lastDerived: number;
  lastDeploy: number;
}

export const ended = (version: StoredVersion): number => version.to ?? Infinity;

const versionAt = (versions: readonly StoredVersion[], number: number): StoredVersion | undefined =>
  versions.find((version) => version.from <= number && ended(version) > number);

export function modulesAt(line: Line, number: number): Modules {
  const modules = new Map<Path, ManifestModule>();
  for (const [path, versions] of line.versions) {
    const version = versionAt(versions, number);
    if (version !== undefined) modules.set(path, version.module);
  }
  return modules;
}

export function manifestOf(state: State, number: number): Manifest | null {
  const entry = state.deploys.get(number);
  if (entry === undefined) return null;
  return {
    modules: modulesAt(state.lines.get(entry.deploy.channel)!, number),
    ...entryPointsFromJson(entry.site),
  };
}

export const newestFirst = (state: State): Deploy[] =>
  [...state.deploys.values()].map(({ deploy }) => deploy).toReversed();
