import { fuseManifest } from '../../registry/fuse/index.js';
import { fuseFirst, type PublishService, type PublishTarget } from '../../registry/publish/index.js';
import { createServed, type Transform } from '../../registry/transform/index.js';
import type { Store } from '../../registry/store/store.js';
import type { Io } from '../io.js';
import { count } from '../output/format.js';
import { jsonLine } from '../output/json.js';
import { ProgressBar } from '../output/progress-bar.js';

/** Joins the modules before the deploy is made, so that the first page gets runs. */
export function fusing(
  io: Io,
  service: PublishService,
  store: Store,
  transforms: readonly Transform[],
  { json }: { readonly json?: boolean },
): PublishTarget {
  const served = createServed({ store, transforms });
  const bar = new ProgressBar(io, 'joining modules');
  return fuseFirst(
    service,
    served,
    (target) =>
      fuseManifest(served.store, target, (done, all) =>
        bar.show(done / all, `${done} of ${count(all, 'run')}`),
      ).finally(() => bar.clear()),
    (error) => {
      const message = `the modules could not be joined, pages load single ones: ${String(error)}`;
      io.error(json ? jsonLine({ warning: { message } }) : `${io.colours.yellow('warning')} ${message}\n`);
    },
  );
}
