import { DerivedBlobs } from '../content/derived-blobs.js';
import { VerifiedBlobs } from '../content/verified-blobs.js';
import type { Store } from '../store/store.js';
import { FuseStore } from './fuse-store.js';
import { Fuser, type FusedDeploy, type FuseTarget } from './fuser.js';

/** Called with the runs done, and all. */
export type FuseProgress = (done: number, all: number) => void;

/** Lends what joins the modules of a store, once, for a command. */
export async function withFuser<T>(
  store: Store,
  onProgress: FuseProgress,
  work: (fuser: Fuser, derived: DerivedBlobs) => Promise<T>,
): Promise<T> {
  const blobs = new VerifiedBlobs({ store, channel: '', directory: null, onDamaged: () => {} });
  const derived = new DerivedBlobs(store);
  const fuser = new Fuser({ blobs, store: new FuseStore(derived), onProgress });
  try {
    return await work(fuser, derived);
  } finally {
    await fuser.close();
  }
}

/** Joins the modules of a manifest whose blobs are in a store, and stores the runs there. */
export const fuseManifest = (
  store: Store,
  target: FuseTarget,
  onProgress: FuseProgress,
): Promise<FusedDeploy> => withFuser(store, onProgress, (fuser) => fuser.fuse(target));
