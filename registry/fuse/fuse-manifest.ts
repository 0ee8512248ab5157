import { DerivedBlobs } from '../content/derived-blobs.js';
import { VerifiedBlobs } from '../content/verified-blobs.js';
import type { Store } from '../store/store.js';
import { FuseStore } from './fuse-store.js';
import { Fuser, type FusedDeploy, type FuseTarget } from './fuser.js';

/**
 * Joins the modules of a manifest whose blobs are in a store, and stores the runs there: once, for a command.
 *
 * @param onProgress is called with the runs done, and all
 */
export async function fuseManifest(
  store: Store,
  target: FuseTarget,
  onProgress: (done: number, all: number) => void,
): Promise<FusedDeploy> {
  const blobs = new VerifiedBlobs({ store, channel: '', directory: null, onDamaged: () => {} });
  const fuser = new Fuser({ blobs, store: new FuseStore(new DerivedBlobs(store)), onProgress });
  try {
    return await fuser.fuse(target);
  } finally {
    await fuser.close();
  }
}
