import type { Channel } from '../../../schema/index.js';
import type { DirectFusions } from '../../fuse/direct-fusions.js';
import type { FacadeIndex } from '../../fuse/facade-index.js';
import { facadesOf } from '../../fuse/facades.js';
import type { Fusions } from '../../fuse/fusions.js';
import type { RunDictionaries } from '../response/run-dictionaries.js';
import { gzipped } from '../response/shared-bytes.js';

export interface PrepareDirectOptions {
  readonly fusions: Pick<Fusions, 'onFused' | 'bytes' | 'needsMembers'>;
  readonly direct: Pick<DirectFusions, 'of' | 'byHash'>;
  readonly facades: Pick<FacadeIndex, 'add'>;
  /** The channel of the pages. */
  readonly channel: Channel;
  /** Path of the site's root. */
  readonly base: string;
  readonly dictionaries: Pick<RunDictionaries, 'learn' | 'prepare'>;
  readonly onError: (error: unknown) => void;
}

/**
 * Makes what pages of a new deploy start from before the first of them comes: the import map, and the
 * compressed bytes of its facades and runs, whole and as what has changed since the deploy before.
 */
export function prepareDirect({
  fusions,
  direct,
  facades,
  channel,
  base,
  dictionaries,
  onError,
}: PrepareDirectOptions): void {
  // Pages of a channel that is being edited start with the loader.
  if (fusions.needsMembers(channel)) return;
  /** Of the deploy before. */
  let last = new Map<string, Uint8Array>();
  fusions.onFused((head, { fusion }) => {
    if (head.deploy.channel !== channel) return;
    const prepare = async () => {
      const start = await direct.of(head);
      const fused = start && (await direct.byHash(start.hash));
      if (fused === undefined) return;
      const made = new Map<string, Uint8Array>();
      await facades.add(start!.hash);
      const own = facadesOf(fused, head.manifest, base);
      for (const path of start!.map.facades) made.set(`modules/${path}`, own.of(path)!);
      for (const { name, hash } of fusion.runs) {
        const bytes = hash === null ? undefined : await fusions.bytes(hash);
        if (bytes !== undefined) made.set(`runs/${name}`, bytes);
      }
      for (const [name, bytes] of made) {
        const before = last.get(name);
        if (before === bytes) continue;
        dictionaries.learn(bytes);
        if (before !== undefined) dictionaries.prepare(before, bytes);
        await gzipped(bytes);
      }
      last = made;
    };
    prepare().catch(onError);
  });
}
