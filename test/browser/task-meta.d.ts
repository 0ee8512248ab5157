import 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the engine's result differs from the native one, or from that of other engines. */
    knownDifference?: string;
    /** Set where a difference is still to be repaired. */
    openDifference?: boolean;
  }
}
