import { lexModule } from '../../../../importmap/lex.js';
import type { ImportMapJson } from '../../../../importmap/import-map.js';
import { parseImportMap } from '../../../../importmap/parse.js';
import { Resolver } from '../../../../importmap/resolver.js';
import { moduleAt, type Site, type SiteModule } from '../../../../importmap/site.js';
import { BlobPool } from '../../../../loader/cache/blob-pool.js';
import { hash } from '../../../../loader/hash.js';
import type { PackRecord } from '../../../../schema/index.js';
import { bytesOf, manifestOf, recordOf } from '../fakes.js';

export const ROOT = 'https://site.test/';
export const PREFIX = 'https://site.test/-/';

export const resolverOf = (map: ImportMapJson = {}): Resolver => new Resolver(parseImportMap(map, ROOT).map);

export const siteOf = (files: Readonly<Record<string, string>>, root = ROOT): Site => ({
  root,
  manifest: manifestOf(files),
});

export function moduleOf(site: Site, path: string): SiteModule {
  const module = moduleAt(site, site.root + path);
  if (module === undefined) throw new Error(`no module ${path}`);
  return module;
}

export const scriptOf = (text: string): PackRecord => recordOf(text, lexModule(bytesOf(text)));

/** A pool that holds these texts, as the scripts that they are. */
export function poolOf(...texts: string[]): BlobPool {
  const pool = new BlobPool({ hasher: hash, onRefused() {} });
  pool.addReceived(texts.map(scriptOf));
  return pool;
}

/** What the browser would load from a `data:` URL. */
export function textOf(target: string | undefined): string {
  const base64 = /^data:[^,]*;base64,(.*)$/.exec(target ?? '')?.[1];
  if (base64 === undefined) throw new Error(`not a data URL: ${target}`);
  return Buffer.from(base64, 'base64').toString();
}

/** `Uint8Array.prototype.toBase64`, which Node 20 lacks. */
export function defineToBase64(): void {
  Uint8Array.prototype.toBase64 ??= function (this: Uint8Array) {
    return Buffer.from(this).toString('base64');
  };
}
