import type { HotContext } from './api.js';

// Separate from the other types: in a program with `vite/client`, that declares this property.
declare global {
  interface ImportMeta {
    /** Present while `modcast serve` watches. */
    readonly hot?: HotContext;
  }
}
