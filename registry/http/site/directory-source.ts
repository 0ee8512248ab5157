import { open, readFile } from 'node:fs/promises';
import { contentType } from '../../content/media-type.js';
import { fileResponse, nullIfGone } from '../response/file-response.js';
import { findFile } from './find-file.js';
import { isPackagePath } from '../../../schema/index.js';
import { isInNodeModules, type NodeModulesAccess } from './node-modules-access.js';
import type { SiteSource } from './site-source.js';

/**
 * The files of a directory (absolute), including those that the registry does not store.
 * @param deploy the files of the deploy: those of packages are in no directory of the site
 * @param access whether the site uses files of `node_modules` by their paths. Default: it does
 */
export function directorySource(
  root: string,
  deploy?: SiteSource,
  access?: Pick<NodeModulesAccess, 'isGranted'>,
): SiteSource {
  return {
    async find(name) {
      if (isInNodeModules(name) && access !== undefined && !(await access.isGranted())) return undefined;
      const found = await findFile(root, name);
      if (found === undefined || found === 'directory') {
        return isPackagePath(name) ? deploy?.find(name) : undefined;
      }
      return {
        bytes: () => readFile(found.file).catch(nullIfGone),
        start: (count) => readStart(found.file, count).catch(nullIfGone),
        respond(request, headers, type = contentType(name)) {
          headers.set('Content-Type', type);
          headers.set('Cache-Control', 'no-cache');
          return fileResponse(request, found, headers);
        },
      };
    },
  };
}

async function readStart(file: string, count: number): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
