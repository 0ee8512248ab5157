import { ModuleGraph, ResolvedImports } from '../../importmap/graph.js';
import type { Resolver } from '../../importmap/resolver.js';
import type { Site } from '../../importmap/site.js';
import type { BlobPool } from '../cache/blob-pool.js';

/** The module graph of a site. Modules whose blobs are not in the pool count as missing. */
export const siteGraph = (
  site: Site,
  resolver: Pick<Resolver, 'resolve'>,
  blobPool: Pick<BlobPool, 'get'>,
  imports = new ResolvedImports(resolver),
): ModuleGraph => new ModuleGraph(site, imports, (hash) => blobPool.get(hash)?.links);
