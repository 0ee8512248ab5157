import { FusedModules, placeholderRoot } from '../../importmap/index.js';
import type { Fusion, Hash, Manifest, Path } from '../../schema/index.js';
import { blake3 } from '../hash.js';

/** The facades of a fusion: what imports of a run's member from outside of it lead to. Each is made once. */
export interface Facades {
  /** Undefined for a module that is in no run. The same object for the same path. */
  of(path: Path): Uint8Array | undefined;
  /** The hash of the same bytes. */
  hash(path: Path): Hash | undefined;
}

const known = new WeakMap<Fusion, Facades>();

/**
 * @param manifest of the deploy that the fusion is of
 * @param base path of the site's root
 */
export function facadesOf(fusion: Fusion, manifest: Manifest, base: string): Facades {
  const found = known.get(fusion);
  if (found !== undefined) return found;
  const fused = new FusedModules({ fusion, site: { root: placeholderRoot(base), manifest } });
  const members = new Set(fusion.runs.flatMap((run) => (run.hash === null ? [] : run.members)));
  const made = new Map<Path, Uint8Array>();
  const hashes = new Map<Path, Hash>();
  const encoder = new TextEncoder();
  const facades: Facades = {
    of(path) {
      if (!members.has(path)) return undefined;
      const bytes = made.get(path) ?? encoder.encode(fused.facade(path));
      made.set(path, bytes);
      return bytes;
    },
    hash(path) {
      const bytes = facades.of(path);
      if (bytes === undefined) return undefined;
      const hash = hashes.get(path) ?? blake3(bytes);
      hashes.set(path, hash);
      return hash;
    },
  };
  known.set(fusion, facades);
  return facades;
}
