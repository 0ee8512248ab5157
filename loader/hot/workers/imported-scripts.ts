import { moduleAt, pathOfUrl } from '../../../importmap/site.js';
import type { Path } from '../../../schema/path.js';
import type { Release } from '../../transport/channel-client.js';
import type { PagePorts } from '../ports.js';

export interface ImportedScriptsOptions extends Pick<PagePorts, 'config' | 'blobPool' | 'channelClient'> {
  readonly release: Release;
}

const CALL = /\bimportScripts\s*\(([^)]*)\)/g;
const LITERALS = /^(?:\s*(?:'[^'\\\n]*'|"[^"\\\n]*"|`[^`\\$]*`)\s*(?:,|$))*\s*$/;
const LITERAL = /(['"`])([^'"`]*)\1/g;

/** The arguments of the `importScripts` calls in a script's text. Null if one of them is computed. */
export function importScriptsArguments(text: string): string[] | null {
  const found: string[] = [];
  for (const [, list = ''] of text.matchAll(CALL)) {
    if (!LITERALS.test(list)) return null;
    for (const [, , value] of list.matchAll(LITERAL)) found.push(value!);
  }
  return found;
}

/**
 * The files of the site that a classic worker runs: its script, and what that imports with `importScripts`.
 *
 * @returns `all` where a script computes what it imports
 */
export async function importedScripts(
  entry: string,
  { config, blobPool, channelClient, release }: ImportedScriptsOptions,
): Promise<ReadonlySet<Path> | 'all'> {
  const site = { root: config.root, manifest: release.manifest };
  const urls = new Set([entry]);
  for (const url of urls) {
    const module = moduleAt(site, url);
    if (module === undefined) continue;
    if (!blobPool.has(module.hash)) await channelClient.need([module.hash], false);
    const bytes = blobPool.get(module.hash)?.bytes;
    const names = bytes === undefined ? null : importScriptsArguments(new TextDecoder().decode(bytes));
    if (names === null) return 'all';
    // Of any script, relative to the worker's own.
    for (const name of names) if (URL.canParse(name, entry)) urls.add(new URL(name, entry).href);
  }
  return new Set([...urls].flatMap((url) => pathOfUrl(config.root, url) ?? []));
}
