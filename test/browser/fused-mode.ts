import type { Registry } from '../../registry/index.js';

/** `FUSE=1` lets suites join modules, and wait for that before a page loads. */
export const FUSE = process.env['FUSE'] === '1';

/** With `FUSE=1`, resolves when the newest deploy is joined. Before a page loads. */
export async function fusedIfAsked(registry: Registry): Promise<void> {
  if (FUSE) await registry.fused();
}
