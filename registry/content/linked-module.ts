import { lexModule, linkForHttp } from '../../importmap/index.js';
import { NO_LINKS, type Path } from '../../schema/index.js';
import { contentType, moduleKind } from './media-type.js';
import type { StoredBlob } from '../store/store.js';

/**
 * The module served at `/-/modules/<hash>/<path>`; undefined when a file of this type cannot be imported.
 *
 * @param pathname of the module's natural URL, as the importer spells it
 * @param type of the module. Default: by its path
 */
export function linkedModule(
  path: Path,
  { bytes, links }: Pick<StoredBlob, 'bytes' | 'links'>,
  pathname: string,
  type = contentType(path),
): Uint8Array | undefined {
  const kind = moduleKind(type);
  if (kind !== 'javascript') return kind === undefined ? undefined : bytes;
  // A browser may parse what our parser does not, and then it requests the module's imports.
  const known = links?.state === 'unparsed' ? lexModule(bytes) : links;
  if (known?.state === 'unparsed') return bytes;
  return Buffer.concat(
    linkForHttp(bytes, known ?? NO_LINKS, pathname).map((part) =>
      typeof part === 'string' ? Buffer.from(part) : part,
    ),
  );
}
