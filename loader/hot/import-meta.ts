import type { HotContext } from './api.js';

// Apart from the other types: whoever has `vite/client` in the same program has this property from there.
declare global {
  interface ImportMeta {
    /** There while `modcast serve` watches. */
    readonly hot?: HotContext;
  }
}
