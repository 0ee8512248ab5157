import type { State } from './memory-state.js';
import type { Methods } from './methods.js';
import { DERIVED_PAGE_BYTES, type DerivedItem, type DerivedStore } from './store.js';

const placeOf = ({ kind, key }: Pick<DerivedItem, 'kind' | 'key'>): string => `${kind} ${key}`;

const copyOf = (item: DerivedItem): DerivedItem => ({
  ...item,
  bytes: Uint8Array.from(item.bytes),
  needs: [...item.needs],
});

export function memoryDerived(state: State): Methods<DerivedStore> {
  const { derived } = state;
  return {
    derived: (kind, keys) =>
      keys.flatMap((key) => {
        const found = derived.get(placeOf({ kind, key }));
        return found === undefined ? [] : [copyOf(found.item)];
      }),
    derivedByHash(hash) {
      for (const { item } of derived.values()) if (item.hash === hash) return copyOf(item);
      return null;
    },
    putDerived(items) {
      // Copy all before storing the first, so that a failed copy stores nothing.
      for (const item of items.map(copyOf)) {
        derived.delete(placeOf(item));
        derived.set(placeOf(item), { id: ++state.lastDerived, item });
      }
    },
    dropDerived(items) {
      for (const item of items) derived.delete(placeOf(item));
    },
    derivedPage(after, limit) {
      const items: DerivedItem[] = [];
      let size = 0;
      let next: number | null = null;
      for (const { id, item } of derived.values()) {
        if (id <= after) continue;
        if (items.length >= limit || size >= DERIVED_PAGE_BYTES) break;
        items.push(copyOf(item));
        size += item.bytes.length;
        next = id;
      }
      return { items, next };
    },
  };
}

/** Drops what no kept deploy needs. */
export function collectMemoryDerived({ derived, deploys, blobs }: State): void {
  const manifests = new Set([...deploys.values()].map(({ deploy }) => deploy.manifest));
  const modules = new Set<string>();
  for (const { item } of derived.values()) {
    if (item.kind === 'site' && manifests.has(item.needs[0]!)) manifests.add(item.key);
    if (item.kind === 'module') modules.add(item.key);
  }
  const needed = new Set<string>();
  for (const { item } of derived.values()) {
    if (item.kind === 'fusion' && manifests.has(item.key)) for (const hash of item.needs) needed.add(hash);
  }
  const isKept = ({ kind, key, hash, needs }: DerivedItem): boolean => {
    switch (kind) {
      case 'fusion':
        return manifests.has(key);
      case 'run':
        return needed.has(hash);
      case 'record':
        return blobs.has(key) || modules.has(key);
      case 'site':
        return manifests.has(needs[0]!);
      default:
        return blobs.has(needs[0]!);
    }
  };
  for (const [place, { item }] of derived) if (!isKept(item)) derived.delete(place);
}
