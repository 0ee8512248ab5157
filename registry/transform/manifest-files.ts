import { byCodeUnit, type Hash, type Manifest, type Path } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { matchingPaths } from './glob.js';
import type { Dependency, SiteFiles } from './transform.js';

/** The files of a manifest. */
export class ManifestFiles implements SiteFiles {
  readonly #manifest: Pick<Manifest, 'modules'>;
  readonly #bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>;
  #paths: readonly Path[] | undefined;
  readonly #globs = new Map<string, string>();

  constructor(manifest: Pick<Manifest, 'modules'>, bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>) {
    this.#manifest = manifest;
    this.#bytesOf = bytesOf;
  }

  has(path: Path): boolean {
    return this.#manifest.modules.has(path);
  }

  get paths(): readonly Path[] {
    return (this.#paths ??= [...this.#manifest.modules.keys()].toSorted(byCodeUnit));
  }

  async read(path: Path): Promise<Uint8Array | undefined> {
    const module = this.#manifest.modules.get(path);
    return module === undefined ? undefined : this.#bytesOf(module.hash);
  }

  /** Says what a transform has seen of its dependencies. While that is the same, so is its result. */
  fingerprint(deps: readonly Dependency[]): string {
    return deps.map((dep) => this.#state(dep)).join(' ');
  }

  #state(dep: Dependency): string {
    if (typeof dep === 'string') return this.#manifest.modules.get(dep)?.hash ?? '-';
    if ('exists' in dep) return this.has(dep.exists) ? '1' : '0';
    let state = this.#globs.get(dep.glob);
    if (state === undefined) {
      const matches = matchingPaths([{ isNegated: false, glob: dep.glob }], this);
      state = blake3(new TextEncoder().encode(matches.join('\n')));
      this.#globs.set(dep.glob, state);
    }
    return state;
  }
}
