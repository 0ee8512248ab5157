import { manifestFile, type HeadSourceOptions } from '../http/site/head-source.js';
import type { SiteSource } from '../http/site/site-source.js';
import { withStreams } from '../http/site/stream-type.js';
import { RECIPE_PATH } from './recipe.js';
import type { Served } from './served-store.js';
import { PUBLIC } from './site-transformer.js';

export interface TransformedSourceOptions extends HeadSourceOptions {
  readonly served: Pick<Served, 'isMade'>;
}

/**
 * The files of a directory, but for those that a transform takes: their code is that of the channel's
 * head.
 */
export function transformedSource(
  directory: SiteSource,
  { catalog, blobs, channel, served }: TransformedSourceOptions,
): SiteSource {
  return {
    async find(name) {
      const manifest = (await catalog.head(channel))?.manifest;
      const module = manifest?.modules.get(name.normalize('NFC'));
      const isMade = module !== undefined && served.isMade(module.hash);
      if (isMade) return manifestFile(blobs, manifest!, name);
      const found = withStreams(name, await directory.find(name));
      return found === undefined && manifest?.modules.has(RECIPE_PATH) === true
        ? directory.find(PUBLIC + name)
        : found;
    },
  };
}
