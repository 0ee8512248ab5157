import { readFile } from 'node:fs/promises';
import { contentType } from '../content/media-type.js';
import { fileResponse, nullIfGone } from './file-response.js';
import { findFile } from './find-file.js';
import type { SiteSource } from './site-source.js';

/** The files of a directory (absolute, real), including those that the registry does not store. */
export function directorySource(root: string): SiteSource {
  return {
    async find(name) {
      const found = await findFile(root, name);
      if (found === undefined || found === 'directory') return found;
      return {
        bytes: () => readFile(found.file).catch(nullIfGone),
        respond(request, headers) {
          headers.set('Content-Type', contentType(name));
          headers.set('Cache-Control', 'no-cache');
          return fileResponse(request, found, headers);
        },
      };
    },
  };
}
