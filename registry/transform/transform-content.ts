import { lexModule } from '../../importmap/index.js';
import type { Diagnostic, Hash, Links, Manifest, Path } from '../../schema/index.js';
import { DerivedBlobs } from '../content/derived-blobs.js';
import { openMemoryStore } from '../store/memory.js';
import { ModuleTransformer } from './module-transformer.js';
import { SiteTransformer, type SourceBlobs } from './site-transformer.js';

/** What is needed of a site that is in no store. */
export interface Content {
  readonly manifest: Manifest;
  readonly hash: Hash;
  readonly links: ReadonlyMap<Path, Links | null>;
  bytes(hash: Hash): Uint8Array;
}

/** A site as browsers will get it. */
export interface TransformedContent {
  readonly manifest: Manifest;
  readonly problems: readonly Diagnostic[];
  readonly links: ReadonlyMap<Hash, Links | null>;
  read(hash: Hash): Promise<Uint8Array | undefined>;
}

/** Transforms a site before it is published, to find what is wrong with it. */
export async function transformContent({
  manifest,
  hash,
  links: linksOf,
  bytes,
}: Content): Promise<TransformedContent> {
  const links = new Map<Hash, Links | null>();
  for (const [path, module] of manifest.modules) {
    links.set(module.hash, linksOf.get(path) ?? links.get(module.hash) ?? null);
  }
  const blobs: SourceBlobs = {
    links: async () => links,
    one: async (each) => ({ hash: each, bytes: bytes(each), links: links.get(each) ?? null }),
  };
  const derived = new DerivedBlobs(await openMemoryStore(), Infinity);
  const served = await new SiteTransformer(new ModuleTransformer(), blobs, derived).serve(
    manifest,
    hash,
    // With the maps, for the places of problems.
    'development',
  );
  const read = async (each: Hash) => (served.sources.has(each) ? derived.read(each) : bytes(each));
  for (const each of served.sources.keys()) links.set(each, lexModule((await read(each))!));
  return { manifest: served.manifest, problems: served.problems, links, read };
}
