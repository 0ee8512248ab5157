import type { Registry } from '../../registry/index.js';

/** `FUSE=1` lets suites that edit at once wait until the modules are joined, so that their pages run runs. */
const WAITS = process.env['FUSE'] === '1';

/** With `FUSE=1`, resolves when the newest deploy is joined. Before a page loads. */
export async function fusedIfAsked(registry: Registry): Promise<void> {
  if (WAITS) await registry.fused();
}
