import { createHash } from 'node:crypto';
import type { ImportMap } from '../../importmap/index.js';
import type { Manifest, Path } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { EarlyUses } from './classic-scripts.js';
import { fillTemplate, pageTemplate, type LoaderOptions } from './page-template.js';

/**
 * A page of a deploy with the loader. Undefined when the page has to be served unchanged.
 *
 * @param earlyUses for the same root
 * @param root URL of the site's root, as `placeholderRoot` returns it
 * @param packages the deploy's import map for packages
 */
export async function loaderPage(
  html: Uint8Array,
  path: Path,
  manifest: Manifest,
  options: LoaderOptions,
  earlyUses: EarlyUses,
  root: string,
  packages: ImportMap,
): Promise<Uint8Array | undefined> {
  const template = pageTemplate(html, options);
  const use = await earlyUses.of(template.page, path, manifest);
  return fillTemplate(template, path, manifest, use, {}, root, packages);
}

const versions = new WeakMap<Uint8Array, { readonly version: string; readonly integrity: string }>();

function versionOf(script: Uint8Array): { readonly version: string; readonly integrity: string } {
  let found = versions.get(script);
  if (found === undefined) {
    const integrity = `sha384-${createHash('sha384').update(script).digest('base64')}`;
    versions.set(script, (found = { version: blake3(script).slice(0, 12), integrity }));
  }
  return found;
}

/** Identifies a script's bytes, so that browsers may cache its URL forever. */
export const loaderVersion = (script: Uint8Array): string => versionOf(script).version;

/** Integrity metadata of a script's bytes, for an `integrity` attribute. */
export const scriptIntegrity = (script: Uint8Array): string => versionOf(script).integrity;
