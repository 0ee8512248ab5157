import { deployOfUrl, deployUrl, hasDefaultExport, IMPORT_HEADER } from '../../../importmap/index.js';
import { contentType, moduleKind } from '../../content/media-type.js';
import type { SiteFile } from './site-source.js';

/**
 * A module that leads from its natural URL to the instance that a worker has at the URL of its deploy. It is
 * for code that is evaluated from text: no link in it has been rewritten, so its `import()` requests natural
 * URLs. Browsers send the worker's URL as its referrer. Undefined for other requests, and for what is no
 * module.
 *
 * @param path of the file, at which the worker may import it too
 * @param url natural URL of the request, absolute or relative to the root of the origin
 */
export async function workerFacade(
  { headers }: Request,
  file: SiteFile,
  path: string,
  url: string,
): Promise<Uint8Array | undefined> {
  const deploy = deployOfUrl(headers.get('Referer') ?? '');
  const isImport = headers.get('Sec-Fetch-Dest') === 'script' || headers.has(IMPORT_HEADER);
  if (deploy === undefined || !isImport || moduleKind(contentType(path)) !== 'javascript') return undefined;
  const bytes = await file.bytes();
  const hasDefault = bytes === null ? undefined : hasDefaultExport(bytes);
  if (hasDefault === undefined) return undefined;
  const target = JSON.stringify(deployUrl(url, deploy));
  // `export *` leaves the default export out.
  const rest = hasDefault ? `export { default } from ${target};` : '';
  return new TextEncoder().encode(`export * from ${target};${rest}\n`);
}
