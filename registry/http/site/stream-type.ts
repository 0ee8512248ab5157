import type { Path } from '../../../schema/index.js';
import { isTransportStream, STREAM_BYTES } from '../../transform/kinds.js';
import type { SiteFile } from './site-source.js';

/** Gives segments of video streams, which have the extension of TypeScript, their own type. */
export function withStreams(name: Path, file: SiteFile | undefined): SiteFile | undefined {
  if (file === undefined || !name.endsWith('.ts')) return file;
  return {
    ...file,
    async respond(request, headers, type) {
      const start = type === undefined ? await file.start(STREAM_BYTES) : null;
      const isStream = start !== null && isTransportStream(start);
      return file.respond(request, headers, isStream ? 'video/mp2t' : type);
    },
  };
}
