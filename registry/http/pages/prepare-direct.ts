import type { Channel } from '../../../schema/index.js';
import type { DirectFusions } from '../../fuse/direct-fusions.js';
import { facadesOf } from '../../fuse/facades.js';
import type { Fusions } from '../../fuse/fusions.js';
import { gzipped } from '../response/shared-bytes.js';

export interface PrepareDirectOptions {
  readonly fusions: Pick<Fusions, 'onFused' | 'bytes' | 'needsMembers'>;
  readonly direct: Pick<DirectFusions, 'of' | 'byHash'>;
  /** The channel of the pages. */
  readonly channel: Channel;
  /** Path of the site's root. */
  readonly base: string;
  readonly onError: (error: unknown) => void;
}

/**
 * Makes what pages of a new deploy start from before the first of them comes: the import map, and the
 * compressed bytes of its facades and runs. Those of the runs that have not changed are there.
 */
export function prepareDirect({ fusions, direct, channel, base, onError }: PrepareDirectOptions): void {
  // Pages of a channel that is being edited start with the loader.
  if (fusions.needsMembers(channel)) return;
  fusions.onFused((head, { fusion }) => {
    if (head.deploy.channel !== channel) return;
    const prepare = async () => {
      const start = await direct.of(head);
      const fused = start && (await direct.byHash(start.hash));
      if (fused === undefined) return;
      const facades = facadesOf(fused, head.manifest, base);
      for (const path of new Set(fused.runs.flatMap(({ modules }) => modules))) {
        const bytes = facades.of(path);
        if (bytes !== undefined) await gzipped(bytes);
      }
      for (const { hash } of fusion.runs) {
        const bytes = hash === null ? undefined : await fusions.bytes(hash);
        if (bytes !== undefined) await gzipped(bytes);
      }
    };
    prepare().catch(onError);
  });
}
