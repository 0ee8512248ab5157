import {
  EMPTY_MANIFEST,
  diffManifests,
  type Channel,
  type Hash,
  type Manifest,
  type Path,
} from '../../schema/index.js';
import type { Deploy, NewDeploy } from '../../registry/store/store.js';

/** What a store should say, worked out from whole manifests kept side by side. */
export class StoreModel {
  /** In order of their numbers. */
  readonly deploys: { readonly deploy: Deploy; readonly manifest: Manifest }[] = [];

  commit(fresh: NewDeploy): { deploy: Deploy; created: boolean } {
    const head = this.head(fresh.channel);
    if (head?.manifest === fresh.hash) return { deploy: head, created: false };
    const { channel, manifest, hash, time, author, message, commit } = fresh;
    const before = head === null ? EMPTY_MANIFEST : this.manifest(head.number);
    const delta = diffManifests(before, manifest);
    const added = delta.set.filter(([path]) => !before.modules.has(path)).length;
    const deploy: Deploy = {
      number: this.deploys.length + 1,
      channel,
      manifest: hash,
      time,
      author,
      message,
      commit,
      parent: head?.number ?? null,
      added,
      changed: delta.set.length - added,
      removed: delta.delete.length,
      modules: manifest.modules.size,
      bytes: [...manifest.modules.values()].reduce((sum, module) => sum + module.size, 0),
    };
    this.deploys.push({ deploy, manifest });
    return { deploy, created: true };
  }

  of(channel: Channel): Deploy[] {
    return this.deploys.map(({ deploy }) => deploy).filter((deploy) => deploy.channel === channel);
  }

  head(channel: Channel): Deploy | null {
    return this.of(channel).at(-1) ?? null;
  }

  manifest(number: number): Manifest {
    return this.deploys[number - 1]!.manifest;
  }

  /** Each hash that a channel's deploys name, with the paths that the newest deploy naming it has for it. */
  pathsOf(channel: Channel): Map<Hash, Path[]> {
    const paths = new Map<Hash, Path[]>();
    for (const { number } of this.of(channel)) {
      const fresh = new Map<Hash, Path[]>();
      for (const [path, { hash }] of this.manifest(number).modules) {
        fresh.set(hash, [...(fresh.get(hash) ?? []), path]);
      }
      for (const [hash, here] of fresh) paths.set(hash, here);
    }
    return paths;
  }
}
