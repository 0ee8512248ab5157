import { createRegistry } from '../../registry/index.js';
import type { ServeSite } from './serve-site.js';

/** The site as modcast serves it, from a registry in memory. */
export const serveModcast: ServeSite = async (dir) => {
  const registry = createRegistry({ directory: dir, database: ':memory:', watch: false });
  const { url } = await registry.listen();
  return { url, close: () => registry.close() };
};
