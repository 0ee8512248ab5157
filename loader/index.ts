import type { Modcast } from './api.js';

export type * from './api.js';
export type * from './hot/api.js';

declare global {
  /** Defined once the loader's script has run. */
  var modcast: Modcast | undefined;
}
