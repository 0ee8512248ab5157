import { createRegistry } from '../../registry/index.js';
import type { Site } from './serve-site.js';

/** A site, and how many runs its modules are joined into. */
export interface FusedSite extends Site {
  readonly runs: number;
}

/** The site as modcast serves it, when all modules are joined that can be. */
export const serveFused = async (dir: string): Promise<FusedSite> => {
  const options = { database: ':memory:', watch: false, timeout: 25_000, fuse: true };
  const registry = createRegistry({ directory: dir, ...options });
  const { url } = await registry.listen();
  const runs = await registry.fused();
  return { url, runs, close: () => registry.close() };
};
