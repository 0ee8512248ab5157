import { DECLARATION_BYTES, declaresEncoding, formatPageHeader, PAGE_HEADER } from '../../../schema/index.js';
import type { Head } from '../../content/catalog.js';
import { answer } from '../response/answer.js';
import { isNavigation, navigationHeaders } from '../request/navigation.js';
import type { PageContext, PagePlace } from './page-context.js';
import { pageVersion } from './page-version.js';
import type { SiteFile } from '../site/site-source.js';

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

function pageHeader(context: PageContext, { deploy }: Head): string {
  const { identity: registry, base: root, page } = context;
  const { number, manifest } = deploy;
  const prefix = root + context.prefix.slice(1);
  return formatPageHeader({ registry, deploy: number, manifest, offline: page.offline, root, prefix });
}

/** No charset when the page declares its own encoding: the header would override it. */
const pageType = (html: Uint8Array): string =>
  declaresEncoding(html) ? 'text/html' : 'text/html; charset=utf-8';
