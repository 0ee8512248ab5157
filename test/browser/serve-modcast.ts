import { createRegistry } from '../../registry/index.js';
import type { ServeSite } from './serve-site.js';

/** The site as modcast serves it, with single modules, from a registry in memory. On a loaded machine, pages wait as long as tests. */
export const serveModcast: ServeSite = async (dir) => {
  const options = { database: ':memory:', watch: false, timeout: 25_000, fuse: false };
  const registry = createRegistry({ directory: dir, ...options });
  const { url } = await registry.listen();
  return { url, close: () => registry.close() };
};
