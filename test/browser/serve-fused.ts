import { createRegistry } from '../../registry/index.js';
import type { ServeSite } from './serve-site.js';

/** The site as modcast serves it, when all modules are joined that can be. */
export const serveFused: ServeSite = async (dir) => {
  const options = { database: ':memory:', watch: false, timeout: 25_000, fuse: true };
  const registry = createRegistry({ directory: dir, ...options });
  const { url } = await registry.listen();
  await registry.fused();
  return { url, close: () => registry.close() };
};
