import type { Channel, Manifest, Path } from '../../../schema/index.js';
import type { VerifiedBlobs } from '../../content/verified-blobs.js';
import type { Catalog } from '../../content/catalog.js';
import { servedType } from '../../content/media-type.js';
import { answer } from '../response/answer.js';
import { withStreams } from './stream-type.js';
import type { SiteFile, SiteSource } from './site-source.js';

export interface HeadSourceOptions {
  readonly catalog: Catalog;
  readonly blobs: VerifiedBlobs;
  readonly channel: Channel;
}

/** The files of a channel's head: only those in its manifest. */
export function headSource({ catalog, blobs, channel }: HeadSourceOptions): SiteSource {
  return {
    async find(name) {
      const head = await catalog.head(channel);
      const file = head === null ? undefined : manifestFile(blobs, head.manifest, name);
      const found = withStreams(name, file);
      return found && { ...found, head: head! };
    },
  };
}

/** The file of a manifest at a plain path. Undefined where it has none. */
export function manifestFile(
  blobs: Pick<VerifiedBlobs, 'one'>,
  manifest: Manifest,
  name: Path,
): SiteFile | undefined {
  // Paths in a manifest are NFC; a URL may use another form.
  const path = name.normalize('NFC');
  const module = manifest.modules.get(path);
  if (module === undefined) return undefined;
  const bytes = async () => (await blobs.one(module.hash))?.bytes ?? null;
  return {
    bytes,
    start: async (count) => (await bytes())?.subarray(0, count) ?? null,
    async respond(request, headers, type = servedType(path, module.type)) {
      const found = await bytes();
      if (found === null) return null;
      return answer(request, { bytes: found, type, freshness: 'revalidate', tag: module.hash }, headers);
    },
  };
}
