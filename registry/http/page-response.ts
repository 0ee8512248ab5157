import type { Channel, Path, RegistryId } from '../../schema/index.js';
import type { Catalog } from '../content/catalog.js';
import { blake3 } from '../hash.js';
import { loaderPage, loaderVersion } from '../pages/loader-page.js';
import { answer } from './answer.js';
import { NAVIGATION_HEADERS, isNavigation } from './navigation.js';
import type { SiteFile } from './site-source.js';

/** Settings that the loader reads from the attributes of its script tag. */
export interface PageOptions {
  readonly channel: Channel;
  readonly boot: 'fresh' | 'cached';
  /** Milliseconds that a page waits for the socket to connect. */
  readonly timeout: number;
  readonly progress: boolean;
  /** Settings of hot reload; null when the directory is not watched. */
  readonly hot: { readonly overlay: boolean } | null;
}

export interface PageContext {
  readonly catalog: Catalog;
  readonly identity: RegistryId;
  /** Starts and ends with "/". */
  readonly prefix: string;
  readonly page: PageOptions;
  readonly loader: () => Promise<Uint8Array>;
  /** The hot reload script. */
  readonly hot: () => Promise<Uint8Array>;
}

/**
 * A page of the site. A navigation gets it with the loader injected. Other requests, pages that have to be
 * left alone, and all pages while there is no deploy, get the file.
 */
export async function pageResponse(
  context: PageContext,
  request: Request,
  file: SiteFile,
  name: Path,
  headers: Headers,
): Promise<Response | null> {
  headers.append('Vary', NAVIGATION_HEADERS);
  if (!isNavigation(request.headers)) {
    const start = await file.start(DECLARATION_BYTES);
    return start === null ? null : file.respond(request, headers, pageType(start));
  }
  const html = await file.bytes();
  if (html === null) return null;
  const bytes = await injected(context, file, html, name);
  if (bytes === undefined) return file.respond(request, headers, pageType(html));
  const type = pageType(html);
  return answer(request, { bytes, type, freshness: 'revalidate', tag: blake3(bytes) }, headers);
}

async function injected(
  context: PageContext,
  file: SiteFile,
  html: Uint8Array,
  name: Path,
): Promise<Uint8Array | undefined> {
  const { page, prefix, identity, catalog } = context;
  const head = file.head ?? (await catalog.head(page.channel));
  if (head === null) return undefined;
  return loaderPage(html, name, head.manifest, {
    loaderSrc: `${prefix}loader.js?v=${loaderVersion(await context.loader())}`,
    data: {
      registry: identity,
      deploy: `${head.deploy.number} ${head.deploy.manifest}`,
      channel: page.channel,
      boot: page.boot,
      timeout: String(page.timeout),
      ...(page.progress ? { progress: '' } : {}),
      ...(await hotData(context, html, head.deploy.number)),
    },
  });
}

/** Attributes for hot reload. With the page's own hash, the loader can tell when the page has changed. */
async function hotData(
  { page, hot }: PageContext,
  html: Uint8Array,
  head: number,
): Promise<Record<string, string>> {
  if (page.hot === null) return {};
  return {
    hot: loaderVersion(await hot()),
    hotPage: blake3(html),
    hotDeploy: String(head),
    hotServed: String(Date.now()),
    ...(page.hot.overlay ? {} : { hotOverlay: 'off' }),
  };
}

/** A page declares its encoding within these first bytes (HTML Standard, 13.2.3.2). */
const DECLARATION_BYTES = 1024;

/** No charset when the page declares its own encoding: the header would override it. */
function pageType(html: Uint8Array): string {
  const length = Math.min(html.byteLength, DECLARATION_BYTES);
  const head = Buffer.from(html.buffer, html.byteOffset, length).toString('latin1');
  return /<meta[^>]+charset/i.test(head) ? 'text/html' : 'text/html; charset=utf-8';
}
