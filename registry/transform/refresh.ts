import { isTypeScript } from './kinds.js';
import type { Transform } from './transform.js';

/** Keeps the state of components that are saved. */
export const refresh: Transform = {
  name: 'refresh',
  version: '1',
  filter: isTypeScript,
  transform: () => null,
};
