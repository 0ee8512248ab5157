import type { Channel } from '../../schema/index.js';
import type { Clock } from '../clock.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import type { FuseStore } from './fuse-store.js';
import type { Fuser } from './fuser.js';

export interface FusionsOptions {
  readonly fuser: Pick<Fuser, 'plan' | 'fuse' | 'sourceMap'>;
  readonly store: Pick<FuseStore, 'fusion' | 'fusionByHash' | 'replace' | 'forgetLost'>;
  readonly derived: Pick<DerivedBlobs, 'read' | 'keep'>;
  readonly clock: Clock;
  /** The channel whose directory is watched: its pages also need the single modules. */
  readonly watched: Channel | null;
  readonly onError: (error: unknown) => void;
  /** Whether anything is joined. Without, what is in the store stays readable, for pages that run it. */
  readonly joins: boolean;
}
