import type { Channel, Path, RegistryId } from '../../schema/index.js';
import type { Catalog } from '../content/catalog.js';
import { blake3 } from '../hash.js';
import { loaderPage, loaderVersion } from '../pages/loader-page.js';
import { answer } from './answer.js';
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

/** A page of the site with the loader injected. Without a deploy the page is sent unchanged. */
export async function pageResponse(
  options: PageContext,
  request: Request,
  file: SiteFile,
  name: Path,
  headers: Headers,
): Promise<Response | null> {
  const html = await file.bytes();
  if (html === null) return null;
  const head = file.head ?? (await options.catalog.head(options.page.channel));
  const injected =
    head === null
      ? undefined
      : loaderPage(html, name, head.manifest, {
          loaderSrc: `${options.prefix}loader.js?v=${loaderVersion(await options.loader())}`,
          data: {
            registry: options.identity,
            deploy: `${head.deploy.number} ${head.deploy.manifest}`,
            channel: options.page.channel,
            boot: options.page.boot,
            timeout: String(options.page.timeout),
            ...(options.page.progress ? { progress: '' } : {}),
            ...(await hotData(options, html, head.deploy.number)),
          },
        });
  const bytes = injected ?? html;
  return answer(
    request,
    { bytes, type: pageType(html), freshness: 'revalidate', tag: blake3(bytes) },
    headers,
  );
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

/** No charset when the page declares its own encoding: the header would override it. */
function pageType(html: Uint8Array): string {
  const head = Buffer.from(html.buffer, html.byteOffset, Math.min(html.byteLength, 1024)).toString('latin1');
  return /<meta[^>]+charset/i.test(head) ? 'text/html' : 'text/html; charset=utf-8';
}
