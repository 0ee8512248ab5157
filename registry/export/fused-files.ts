import { type Hash, type Manifest, type Path } from '../../schema/index.js';
import type { SentFusion } from '../content/shipment.js';
import { VerifiedBlobs } from '../content/verified-blobs.js';
import { debug } from '../debug.js';
import { withFuser } from '../fuse/fuse-manifest.js';
import { runSourceMap, siteFromRuns } from '../http/routes/run-response.js';
import type { Deploy } from '../store/store.js';
import type { Served } from '../transform/served-store.js';

/** The runs of an exported deploy. */
export interface FusedFiles {
  readonly fusion: SentFusion;
  /** Runs, their source maps, and the fusion: paths below the prefix. */
  readonly files: ReadonlyMap<Path, Uint8Array>;
  /** Runs, and the fusion. */
  readonly bytes: ReadonlyMap<Hash, Uint8Array>;
}

/** Null where nothing can be joined: then the site boots with single modules. */
export async function fusedFiles(
  served: Served,
  deploy: Deploy,
  manifest: Manifest,
  prefix: string,
): Promise<FusedFiles | null> {
  const { store } = served;
  const blobs = new VerifiedBlobs({ store, channel: deploy.channel, directory: null, onDamaged: () => {} });
  try {
    return await withFuser(
      store,
      () => {},
      async (fuser, derived) => {
        const { fusion, hash, bytes } = await fuser.fuse({ deploy, manifest });
        if (fusion.runs.length === 0) return null;
        const all = new Map([[hash, bytes]]);
        const files = new Map([[`blobs/${hash}`, bytes]]);
        for (const run of fusion.runs) {
          const code = (await derived.read(run.hash!))!;
          const map = (await fuser.sourceMap(manifest, run.name))!;
          all.set(run.hash!, code);
          files.set(`runs/${run.hash}/${run.name}`, code);
          files.set(
            `runs/${run.hash}.map`,
            await runSourceMap(map, manifest, blobs, siteFromRuns(`/${prefix}`), (each) =>
              served.mapOf(each),
            ),
          );
        }
        return { fusion: { fusion, hash, size: bytes.length }, files, bytes: all };
      },
    );
  } catch (error) {
    debug.fuse('the export has single modules: %s', error);
    return null;
  }
}
