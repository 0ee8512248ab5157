import {
  NO_LINKS,
  UNPARSED,
  type Diagnostic,
  type Hash,
  type Links,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import type { SiteTransformer } from './site-transformer.js';
import type { Mode } from './transform.js';

/** The files of a site, and how to read them. */
export interface ReadableSite {
  readonly modules: ReadonlyMap<Path, ManifestModule>;
  readonly linksOf: (hashes: readonly Hash[]) => Promise<ReadonlyMap<Hash, Links | null>>;
  readonly bytesOf: (hash: Hash) => Promise<Uint8Array>;
}

export interface TransformedFiles extends ReadableSite {
  readonly problems: readonly Diagnostic[];
  /** Whether a hash is that of code that a transform has made. */
  readonly isMade: (hash: Hash) => boolean;
}

/** The files of a site as browsers get them, before it has a deploy. */
export async function transformedFiles(
  { modules: own, linksOf, bytesOf }: ReadableSite,
  {
    sites,
    derived,
    mode,
  }: { readonly sites: SiteTransformer; readonly derived: DerivedBlobs; readonly mode: Mode },
): Promise<TransformedFiles> {
  const { modules, problems, sources, broken } = await sites.rows(own, mode, {
    blobs: { one: async (hash) => ({ bytes: await bytesOf(hash) }), links: linksOf },
  });
  // What cannot be stored may be lost again. Then it imports nothing.
  const codeOf = async (hash: Hash) => (await derived.read(hash)) ?? new Uint8Array();
  const linksOfCode = async (hash: Hash) => {
    const known = sites.links.known(hash);
    if (known !== undefined) return known;
    const code = await derived.read(hash);
    return code === undefined ? NO_LINKS : sites.links.of(hash, code);
  };
  return {
    modules,
    problems,
    isMade: (hash) => sources.has(hash),
    bytesOf: (hash) => (sources.has(hash) ? codeOf(hash) : bytesOf(hash)),
    async linksOf(hashes) {
      const links = new Map(await linksOf(hashes.filter((hash) => !sources.has(hash))));
      await derived.prefetch(
        hashes.filter(
          (hash) => sources.has(hash) && !broken.has(hash) && sites.links.known(hash) === undefined,
        ),
      );
      for (const hash of hashes) {
        if (broken.has(hash)) links.set(hash, UNPARSED);
        else if (sources.has(hash)) links.set(hash, await linksOfCode(hash));
      }
      return links;
    },
  };
}
