import { commitRange, prefixRange, toChanges } from './changes.js';
import { modulesAt, newestFirst, type State } from './memory-state.js';
import type { Methods } from './methods.js';
import { RESOLVED_LIMIT, type Deploy, type HistoryStore } from './store.js';

export function memoryHistory(state: State): Methods<HistoryStore> {
  const { blobs, lines, deploys } = state;
  return {
    versions(channel, path) {
      const versions = lines.get(channel)?.versions.get(path) ?? [];
      return versions.toReversed().map(({ module, from, to }) => ({ ...module, from, to }));
    },
    changes(number) {
      const deploy = deploys.get(number)?.deploy;
      if (deploy === undefined || (deploy.parent !== null && !deploys.has(deploy.parent))) return null;
      const line = lines.get(deploy.channel)!;
      const before = new Map(modulesAt(line, deploy.parent ?? 0));
      const after = new Map(modulesAt(line, number));
      // Unchanged modules are the same object.
      for (const [path, module] of before) {
        if (after.get(path) === module) for (const side of [before, after]) side.delete(path);
      }
      return toChanges(before, after);
    },
    resolveHash(prefix) {
      const [first, last] = prefixRange(prefix) ?? ['x', ''];
      const matches = (hash: string) => first <= hash && hash <= last;
      return {
        blobs: [...blobs.keys()].filter(matches).toSorted().slice(0, RESOLVED_LIMIT),
        deploys: newestFirst(state)
          .filter(({ manifest }) => matches(manifest))
          .map(({ number }) => number)
          .slice(0, RESOLVED_LIMIT),
      };
    },
    resolveCommit(prefix) {
      const [first, last] = commitRange(prefix) ?? ['x', ''];
      const found = new Map<string, Deploy>();
      for (const deploy of newestFirst(state)) {
        const { commit, channel } = deploy;
        const key = `${commit} ${channel}`;
        if (commit !== null && first <= commit && commit <= last && !found.has(key)) found.set(key, deploy);
      }
      return [...found.values()].slice(0, RESOLVED_LIMIT);
    },
    deployAt(channel, time) {
      return newestFirst(state).find((deploy) => deploy.channel === channel && deploy.time <= time) ?? null;
    },
  };
}
