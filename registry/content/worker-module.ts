import {
  deployUrl,
  lexModule,
  linkForWorker,
  moduleAt,
  resolveInWorker,
  type ImportMap,
  type Site,
} from '../../importmap/index.js';
import { NO_LINKS, type Hash } from '../../schema/index.js';
import type { StoredBlob } from '../store/store.js';
import { moduleKind } from './media-type.js';

export interface WorkerModuleOptions {
  readonly site: Site;
  readonly manifest: Hash;
  /** The page's, with URLs of `site.root`. */
  readonly importMap: ImportMap;
  /** The path of the module's natural URL. */
  readonly pathname: string;
  /** Its natural URL, for stack traces. */
  readonly url: string;
  /** Path below the site's root of the script that defines the runtime of a deploy's workers. */
  readonly runtime: string;
}

/** A JavaScript module of a deploy as a worker runs it: all that it imports is of the same deploy. */
export function workerModule(
  { bytes, links }: Pick<StoredBlob, 'bytes' | 'links'>,
  { site, manifest, importMap, pathname, url, runtime }: WorkerModuleOptions,
): Uint8Array {
  // A browser may parse what our parser does not, and then it requests the module's imports.
  const known = links?.state === 'unparsed' ? lexModule(bytes) : (links ?? NO_LINKS);
  if (known.state === 'unparsed') return bytes;
  const referrer = new URL(pathname, site.root).href;
  // A proxy may serve the site below another path.
  const up = '../'.repeat(referrer.slice(site.root.length).split('/').length - 1) || './';
  const origin = new URL('/', site.root).href;
  const written = (specifier: string): string | undefined => {
    const resolution = resolveInWorker(importMap, specifier, referrer);
    if (resolution.state !== 'resolved') return undefined;
    const module = moduleAt(site, resolution.url);
    const isOwn = module !== undefined && moduleKind(module.type) !== undefined;
    const target = isOwn ? deployUrl(resolution.url, manifest) : resolution.url;
    if (target.startsWith(site.root)) return up + target.slice(site.root.length);
    return target.startsWith(origin) ? target.slice(origin.length - 1) : target;
  };
  const parts = linkForWorker(bytes, known, { url, written, runtime: up + runtime });
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}
