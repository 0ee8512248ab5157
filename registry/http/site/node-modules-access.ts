import {
  isPackagePath,
  type Channel,
  type Hash,
  type Manifest,
  type ManifestModule,
} from '../../../schema/index.js';
import type { Catalog } from '../../content/catalog.js';
import type { VerifiedBlobs } from '../../content/verified-blobs.js';

/** Types of files that can load others. Lockfiles, which are JSON, name every package. */
const LOADS = /^text\/(?:html|css|javascript)$/;

/** Whether a path is in a `node_modules`. */
export const isInNodeModules = (path: string): boolean => path.split('/').includes('node_modules');

/**
 * Whether a site uses files of `node_modules` by their paths. Others do not: what they import by name is in
 * their deploys, and nobody has to read the rest.
 */
export class NodeModulesAccess {
  readonly #catalog: Pick<Catalog, 'head'>;
  readonly #blobs: Pick<VerifiedBlobs, 'one'>;
  readonly #channel: Channel;
  readonly #known = new Map<Hash, boolean>();

  constructor(catalog: Pick<Catalog, 'head'>, blobs: Pick<VerifiedBlobs, 'one'>, channel: Channel) {
    this.#catalog = catalog;
    this.#blobs = blobs;
    this.#channel = channel;
  }

  /** True also where the deploy has no pages: what other pages use is not known. */
  async isGranted(): Promise<boolean> {
    const head = await this.#catalog.head(this.#channel);
    if (head === null || !hasPages(head.manifest)) return true;
    for (const [path, module] of head.manifest.modules) {
      if (!isPackagePath(path) && (await this.#names(module))) return true;
    }
    return false;
  }

  async #names({ hash, type }: ManifestModule): Promise<boolean> {
    if (!LOADS.test(type)) return false;
    let found = this.#known.get(hash);
    if (found === undefined) {
      const bytes = (await this.#blobs.one(hash))?.bytes ?? new Uint8Array();
      found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('node_modules/');
      this.#known.set(hash, found);
    }
    return found;
  }
}

const hasPages = ({ modules }: Manifest): boolean =>
  [...modules.values()].some(({ type }) => type === 'text/html');
