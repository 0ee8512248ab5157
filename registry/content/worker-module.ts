import { lexModule, linkWorkerModule, type WorkerModuleOptions } from '../../importmap/index.js';
import { NO_LINKS } from '../../schema/index.js';
import type { StoredBlob } from '../store/store.js';

/** A JavaScript module of a deploy as a worker runs it. */
export function workerModule(
  { bytes, links }: Pick<StoredBlob, 'bytes' | 'links'>,
  options: WorkerModuleOptions,
): Uint8Array {
  // A browser may parse what our parser does not, and then it requests the module's imports.
  const known = links?.state === 'unparsed' ? lexModule(bytes) : (links ?? NO_LINKS);
  if (known.state === 'unparsed') return bytes;
  const parts = linkWorkerModule(bytes, known, options);
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/** Run or facade of a deploy as a worker runs it. It has no `import()`, and no `import.meta` of its own. */
export function workerPiece(bytes: Uint8Array, options: WorkerModuleOptions): Uint8Array {
  const links = lexModule(bytes);
  if (links.state === 'unparsed') throw new TypeError(`${options.place} is not parsed`);
  const list = links.list.filter(({ kind }) => kind === 'static');
  return workerModule({ bytes, links: { ...links, list } }, options);
}
