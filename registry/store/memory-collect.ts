import { collectMemoryDerived } from './memory-derived.js';
import { ended, newestFirst, type State, type StoredVersion } from './memory-state.js';
import type { Methods } from './methods.js';
import type { CollectOptions, CollectStore, Deploy } from './store.js';

/** The oldest deploy that is kept without a tag, for each channel. */
function basesOf(state: State, { channel: only, keep, olderThan }: CollectOptions): Map<string, number> {
  const bases = new Map<string, number>();
  for (const [channel, { head }] of state.lines) {
    if (only !== undefined && channel !== only) {
      bases.set(channel, 0);
      continue;
    }
    const own = newestFirst(state).filter((deploy) => deploy.channel === channel);
    const staying = own.filter(({ number, time }, i) => i < keep || time >= olderThan || number === head);
    bases.set(channel, staying.at(-1)!.number);
  }
  return bases;
}

export function memoryCollect(state: State): Methods<CollectStore> {
  const { blobs, lines, deploys, leases, tags } = state;
  return {
    lease(hashes, owner, until) {
      const own = leases.get(owner) ?? new Map<string, number>();
      for (const hash of hashes) own.set(hash, Math.max(until, own.get(hash) ?? until));
      leases.set(owner, own);
    },
    release(owner) {
      leases.delete(owner);
    },
    collect(options) {
      const bases = basesOf(state, options);
      const tagged = new Set([...tags.values()].map(({ deploy }) => deploy));
      const isOld = ({ number, channel }: Deploy) => number < bases.get(channel)! && !tagged.has(number);
      const oldDeploys = [...deploys.values()].filter(({ deploy }) => isOld(deploy));
      const keptOf = new Map<string, number[]>();
      for (const { deploy } of deploys.values()) {
        if (!isOld(deploy))
          keptOf.set(deploy.channel, [...(keptOf.get(deploy.channel) ?? []), deploy.number]);
      }
      const isKept = (channel: string, version: StoredVersion) =>
        keptOf.get(channel)!.some((number) => version.from <= number && number < ended(version));
      const kept = new Set<string>();
      for (const own of leases.values()) {
        for (const [hash, until] of own) if (until > options.now) kept.add(hash);
      }
      for (const [channel, { versions }] of lines) {
        for (const version of [...versions.values()].flat()) {
          if (isKept(channel, version)) kept.add(version.module.hash);
        }
      }
      const oldBlobs = [...blobs.values()].filter(({ blob }) => !kept.has(blob.hash));
      const collected = {
        deploys: oldDeploys.length,
        blobs: oldBlobs.length,
        bytes: oldBlobs.reduce((sum, { blob }) => sum + blob.bytes.length, 0),
      };
      if (options.dryRun) return collected;
      for (const { deploy } of oldDeploys) deploys.delete(deploy.number);
      for (const { blob } of oldBlobs) blobs.delete(blob.hash);
      for (const own of leases.values()) {
        for (const [hash, until] of own) if (until <= options.now) own.delete(hash);
      }
      for (const [channel, { versions }] of lines) {
        for (const [path, list] of versions) {
          const rest = list.filter((version) => isKept(channel, version));
          if (rest.length > 0) versions.set(path, rest);
          else versions.delete(path);
        }
      }
      collectMemoryDerived(state);
      return collected;
    },
  };
}
