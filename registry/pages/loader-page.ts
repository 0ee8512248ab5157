import { lexSpecifiers } from '../../importmap/index.js';
import type { Manifest, Path } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { injectPage } from './inject-page.js';
import { readPage } from './read-page.js';
import { pageEntries } from './entries.js';
import { isModule } from '../ingest/syntax.js';

export interface LoaderPageOptions {
  /** URL of the loader. */
  readonly loaderSrc: string;
  /** Data attributes of its tag, without the page's entries. */
  readonly data: Readonly<Record<string, string>>;
}

/** A page of the site with the loader injected. Undefined when the page has to be served unchanged. */
export function loaderPage(
  html: Uint8Array,
  path: Path,
  manifest: Manifest,
  { loaderSrc, data }: LoaderPageOptions,
): Uint8Array | undefined {
  return injectPage(html, {
    loaderSrc,
    lex: lexSpecifiers,
    parses: isModule,
    data: {
      ...data,
      entries: JSON.stringify(pageEntries(readPage(html, lexSpecifiers), path, manifest.modules)),
    },
  });
}

const versions = new WeakMap<Uint8Array, string>();

/** Identifies the loader's bytes, so that browsers may cache its URL forever. */
export function loaderVersion(loader: Uint8Array): string {
  let version = versions.get(loader);
  if (version === undefined) versions.set(loader, (version = blake3(loader).slice(0, 12)));
  return version;
}
