import type { Manifest, Path } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { fillTemplate, pageTemplate, type LoaderOptions } from './page-template.js';

/** A page of a deploy with the loader. Undefined when the page has to be served unchanged. */
export const loaderPage = (
  html: Uint8Array,
  path: Path,
  manifest: Manifest,
  options: LoaderOptions,
): Uint8Array | undefined => fillTemplate(pageTemplate(html, options), path, manifest, {});

const versions = new WeakMap<Uint8Array, string>();

/** Identifies the loader's bytes, so that browsers may cache its URL forever. */
export function loaderVersion(loader: Uint8Array): string {
  let version = versions.get(loader);
  if (version === undefined) versions.set(loader, (version = blake3(loader).slice(0, 12)));
  return version;
}
