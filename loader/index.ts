import type { Modcast } from './api.js';

export type * from './api.js';
export type * from './hot/api.js';

declare global {
  /** There once the loader's script has run; a page without modcast has none. */
  var modcast: Modcast | undefined;
}
