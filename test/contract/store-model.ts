import {
  EMPTY_MANIFEST,
  byCodeUnit,
  diffManifests,
  type Channel,
  type Hash,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import type { Deploy, ModuleChange, NewDeploy, PathVersion } from '../../registry/store/store.js';

const same = (a: ManifestModule | undefined, b: ManifestModule | undefined): boolean =>
  a?.hash === b?.hash && a?.type === b?.type;

/** The expected answers of a store, computed from complete manifests. */
export class StoreModel {
  /** In order of number, including collected ones. */
  readonly history: { readonly deploy: Deploy; readonly manifest: Manifest; gone: boolean }[] = [];
  readonly blobs = new Set<Hash>();
  readonly leases = new Map<Hash, number>();
  /** Numbers of deploys, by the names of their tags. */
  readonly tags = new Map<string, number>();

  commit(fresh: NewDeploy): { deploy: Deploy; created: boolean } {
    const head = this.head(fresh.channel);
    if (head?.manifest === fresh.hash) return { deploy: head, created: false };
    const { manifest, hash, expected: _, ...record } = fresh;
    const before = head === null ? EMPTY_MANIFEST : this.manifest(head.number);
    const delta = diffManifests(before, manifest);
    const added = delta.set.filter(([path]) => !before.modules.has(path)).length;
    const deploy: Deploy = {
      ...record,
      number: this.history.length + 1,
      manifest: hash,
      parent: head?.number ?? null,
      added,
      changed: delta.set.length - added,
      removed: delta.delete.length,
      modules: manifest.modules.size,
      bytes: [...manifest.modules.values()].reduce((sum, module) => sum + module.size, 0),
    };
    this.history.push({ deploy, manifest, gone: false });
    return { deploy, created: true };
  }

  /** Oldest first. */
  deploys(channel?: Channel): Deploy[] {
    return this.history
      .filter(({ gone, deploy }) => !gone && (channel ?? deploy.channel) === deploy.channel)
      .map(({ deploy }) => deploy);
  }

  has(number: number): boolean {
    return this.history[number - 1]?.gone === false;
  }

  head(channel: Channel): Deploy | null {
    return this.deploys(channel).at(-1) ?? null;
  }

  manifest(number: number): Manifest {
    return this.history[number - 1]!.manifest;
  }

  /** Each hash in a channel's deploys, with its paths in the newest deploy that has it. */
  pathsOf(channel: Channel): Map<Hash, Path[]> {
    const paths = new Map<Hash, Path[]>();
    for (const { number } of this.deploys(channel)) {
      const fresh = new Map<Hash, Path[]>();
      for (const [path, { hash }] of this.manifest(number).modules) {
        fresh.set(hash, [...(fresh.get(hash) ?? []), path]);
      }
      for (const [hash, here] of fresh) paths.set(hash, here);
    }
    return paths;
  }

  versions(channel: Channel, path: Path): PathVersion[] {
    const versions: PathVersion[] = [];
    let last: ManifestModule | undefined;
    for (const { deploy, manifest } of this.history) {
      if (deploy.channel !== channel) continue;
      const module = manifest.modules.get(path);
      if (same(module, last)) continue;
      const open = versions[0];
      if (open !== undefined && last !== undefined) versions[0] = { ...open, to: deploy.number };
      if (module !== undefined) versions.unshift({ ...module, from: deploy.number, to: null });
      last = module;
    }
    const own = this.deploys(channel);
    return versions.filter(({ from, to }) =>
      own.some(({ number }) => from <= number && number < (to ?? Infinity)),
    );
  }

  changes(number: number): ModuleChange[] | null {
    const deploy = this.history[number - 1]?.deploy;
    if (deploy === undefined || !this.has(number)) return null;
    if (deploy.parent !== null && !this.has(deploy.parent)) return null;
    const before = deploy.parent === null ? EMPTY_MANIFEST : this.manifest(deploy.parent);
    const after = this.manifest(number);
    const paths = new Set([...before.modules.keys(), ...after.modules.keys()]);
    return [...paths]
      .filter((path) => !same(before.modules.get(path), after.modules.get(path)))
      .toSorted(byCodeUnit)
      .map((path) => ({
        path,
        before: before.modules.get(path) ?? null,
        after: after.modules.get(path) ?? null,
      }));
  }

  /** @returns the blobs to delete */
  collect(keep: number, olderThan: number, now: number): Hash[] {
    for (const channel of new Set(this.deploys().map((deploy) => deploy.channel))) {
      const own = this.deploys(channel);
      const tagged = new Set(this.tags.values());
      while (own.length > Math.max(keep, 1) && own[0]!.time < olderThan) {
        const { number } = own.shift()!;
        this.history[number - 1]!.gone = !tagged.has(number);
      }
    }
    const named = new Set(
      this.deploys().flatMap(({ number }) =>
        [...this.manifest(number).modules.values()].map(({ hash }) => hash),
      ),
    );
    const dropped = [...this.blobs].filter(
      (hash) => !named.has(hash) && !((this.leases.get(hash) ?? 0) > now),
    );
    for (const hash of dropped) this.blobs.delete(hash);
    for (const [hash, until] of this.leases) if (until <= now) this.leases.delete(hash);
    return dropped;
  }
}
