import { Guard, type GuardOptions } from './guard.js';

/**
 * The guard of a page that has none: its author wrote the loader's tag, or a policy in its headers permits no
 * inline script. The build leaves it out of the loader of pages that the server puts a guard into.
 */
export const ownGuard = (options: GuardOptions): Guard | undefined => new Guard(options);
