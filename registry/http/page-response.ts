import {
  formatPageHeader,
  PAGE_HEADER,
  type Channel,
  type OfflineMode,
  type Path,
  type RegistryId,
} from '../../schema/index.js';
import type { Catalog, Head } from '../content/catalog.js';
import type { InjectedPages, PageVersion } from '../pages/injected-pages.js';
import { loaderVersion, scriptIntegrity } from '../pages/loader-page.js';
import type { Unchanged } from '../pages/unchanged-page.js';
import { answer } from './answer.js';
import { isNavigation, navigationHeaders } from './navigation.js';
import type { SiteFile } from './site-source.js';

/** Settings that the loader reads from the attributes of its script tag. */
export interface PageOptions {
  readonly channel: Channel;
  readonly boot: 'fresh' | 'cached';
  /** Milliseconds that a page waits for the socket to connect. */
  readonly timeout: number;
  readonly progress: boolean;
  /** What browsers keep for when the server is away. */
  readonly offline: OfflineMode;
  /** Settings of hot reload; null when the directory is not watched. */
  readonly hot: {
    readonly overlay: boolean;
    /** Changes so far of files that are in no deploy. */
    readonly assetChanges: () => number;
  } | null;
}

export interface PageContext {
  readonly catalog: Catalog;
  readonly identity: RegistryId;
  /** Starts and ends with "/". */
  readonly prefix: string;
  readonly page: PageOptions;
  readonly pages: InjectedPages;
  readonly loader: () => Promise<Uint8Array>;
  /** The source text of the guard. */
  readonly guard: () => Promise<string>;
  /** The hot reload script. */
  readonly hot: () => Promise<Uint8Array>;
  /** The script of offline use in pages. */
  readonly offlinePage: () => Promise<Uint8Array>;
  /** Policies that the headers of this response have already, as `policiesOfHeaders` returns them. */
  readonly policies?: readonly string[];
  /** Called when a page is served without the loader although its author did not ask for that. */
  readonly onUnchanged: (page: Path, reason: Unchanged) => void;
}

export interface PagePlace {
  /** The path at which the page is shown, with `index.html` for that of a directory. */
  readonly path: Path;
  /**
   * The file. Another one than `path` for a clean URL, a route of a single-page application, and a 404 page.
   */
  readonly name: Path;
}

/**
 * A page of the site. A navigation gets it with the loader injected. Other requests, pages that have to be
 * left alone, and all pages while there is no deploy, get the file.
 */
export async function pageResponse(
  context: PageContext,
  request: Request,
  file: SiteFile,
  place: PagePlace,
  headers: Headers,
): Promise<Response | null> {
  headers.append('Vary', navigationHeaders(request.headers));
  if (!isNavigation(request.headers)) {
    const start = await file.start(DECLARATION_BYTES);
    return start === null ? null : file.respond(request, headers, pageType(start));
  }
  const html = await file.bytes();
  if (html === null) return null;
  const type = pageType(html);
  const head = file.head ?? (await context.catalog.head(context.page.channel));
  if (head !== null) headers.set(PAGE_HEADER, pageHeader(context, head));
  const version = head === null ? null : await pageVersion(context, head, place);
  const page = version === null ? null : await context.pages.page(place.path, html, version);
  // The file: a client can think of any number of routes.
  if (page?.unchanged) context.onUnchanged(place.name, page.unchanged);
  const injected = page?.injected ?? null;
  if (injected === null) return file.respond(request, headers, type);
  const { bytes, hash } = injected;
  return answer(request, { bytes, type, freshness: 'revalidate', tag: hash }, headers);
}

function pageHeader({ identity: registry, page }: PageContext, { deploy }: Head): string {
  const { number, manifest } = deploy;
  return formatPageHeader({ registry, deploy: number, manifest, offline: page.offline });
}

async function pageVersion(
  context: PageContext,
  { deploy, manifest }: Head,
  { name }: PagePlace,
): Promise<PageVersion> {
  const { page, prefix, identity, policies } = context;
  const { hot } = page;
  const [loader, hotScript] = [await context.loader(), await context.hot()];
  const offlinePage = await context.offlinePage();
  return {
    loader: {
      loaderSrc: `${prefix}loader.js?v=${loaderVersion(loader)}`,
      integrity: scriptIntegrity(loader),
      guard: await context.guard(),
      ...(policies === undefined ? {} : { policies }),
      ...(hot === null ? {} : { noticeSrc: `${prefix}notice.js?reason=` }),
      data: {
        channel: page.channel,
        boot: page.boot,
        workers: '',
        timeout: String(page.timeout),
        ...(page.progress ? { progress: '' } : {}),
        ...(hot === null ? {} : { hot: loaderVersion(hotScript), hotIntegrity: scriptIntegrity(hotScript) }),
        ...(hot === null || hot.overlay ? {} : { hotOverlay: 'off' }),
        ...(page.offline === 'off'
          ? {}
          : { offline: loaderVersion(offlinePage), offlineIntegrity: scriptIntegrity(offlinePage) }),
        ...(page.offline === 'all' ? { offlineAll: '' } : {}),
      },
    },
    key: `${deploy.number} ${deploy.manifest} ${hot?.assetChanges()}`,
    manifest,
    data: (hash) => ({
      registry: identity,
      deploy: `${deploy.number} ${deploy.manifest}`,
      // With the page's own hash, the loader can tell when the page has changed. No file has changed since
      // the page was made, so its time stands for the times of all requests.
      ...(hot === null
        ? {}
        : {
            hotPage: hash,
            // As in a manifest: a URL may use another form.
            hotFile: name.normalize('NFC'),
            hotDeploy: String(deploy.number),
            hotServed: String(Date.now()),
          }),
    }),
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
