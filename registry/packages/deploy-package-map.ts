import { EMPTY_IMPORT_MAP, PLACEHOLDER_ROOT, type ImportMap } from '../../importmap/index.js';
import { type Hash, LIMITS, type Manifest, PACKAGES_MAP } from '../../schema/index.js';
import { pageImportMapOf } from '../pages/import-map-text.js';
import { SizedCache } from '../pages/sized-cache.js';

type BytesOf = (hash: Hash) => Promise<Uint8Array | undefined>;

/** Reads the import maps for packages that deploys contain. Each content is parsed once. */
export class DeployPackageMaps {
  readonly #bytesOf: BytesOf;
  readonly #root: string;
  readonly #known = new SizedCache<Hash, ImportMap>(LIMITS.importMapBytes);

  /** @param root URL of the site's root, as `placeholderRoot` returns it */
  constructor(bytesOf: BytesOf, root = PLACEHOLDER_ROOT) {
    this.#bytesOf = bytesOf;
    this.#root = root;
  }

  /** Empty where a deploy has no packages, or its file is no import map. */
  async of({ modules }: Pick<Manifest, 'modules'>): Promise<ImportMap> {
    const hash = modules.get(PACKAGES_MAP)?.hash;
    if (hash === undefined) return EMPTY_IMPORT_MAP;
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const bytes = await this.#bytesOf(hash);
    if (bytes === undefined) return EMPTY_IMPORT_MAP;
    const map = parsed(bytes, this.#root);
    this.#known.set(hash, map, bytes.length);
    return map;
  }
}

function parsed(bytes: Uint8Array, root: string): ImportMap {
  try {
    return pageImportMapOf(new TextDecoder().decode(bytes), root);
  } catch {
    return EMPTY_IMPORT_MAP;
  }
}
