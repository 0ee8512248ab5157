import type { Channel } from '../../schema/index.js';
import { DerivedBlobs } from '../content/derived-blobs.js';
import { VerifiedBlobs } from '../content/verified-blobs.js';
import type { Store } from '../store/store.js';
import { ModuleTransformer } from './module-transformer.js';
import { Served } from './served-store.js';
import { SiteTransformer } from './site-transformer.js';
import type { Mode, Transform } from './transform.js';

export interface CreateServedOptions {
  readonly store: Store;
  readonly derived?: DerivedBlobs;
  /** The blobs as they were written. */
  readonly sources?: VerifiedBlobs;
  /** The channel that a directory is deployed to. */
  readonly followed?: Channel | null;
  /** Where browsers find the site. Default "/". */
  readonly base?: string;
  /** How all channels run. Default: as the channel says. */
  readonly mode?: Mode;
  /** Those of the registry's owner. */
  readonly transforms?: readonly Transform[];
}

/** What browsers get of a store. */
export function createServed(options: CreateServedOptions): Served {
  const { store, followed = null, transforms = [], base = '/', mode } = options;
  const derived = options.derived ?? new DerivedBlobs(store);
  const sources =
    options.sources ?? new VerifiedBlobs({ store, channel: '', directory: null, onDamaged: () => {} });
  const sites = new SiteTransformer(new ModuleTransformer(transforms), sources, derived, base);
  return new Served({ store, sites, derived, followed, ...(mode === undefined ? {} : { mode }) });
}
