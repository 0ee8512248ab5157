import { LIMITS, ModcastError, pathFromUrl, type Hash, type Path } from '../../../schema/index.js';
import { PLACEHOLDER_ROOT, placeholderRoot } from '../../../importmap/index.js';
import type { ReadBlob } from '../../pages/classic-scripts.js';
import { policiesOfHeaders, type HeaderValues } from '../../pages/content-security-policy.js';
import { InjectedPages } from '../../pages/injected-pages.js';
import type { PageContext } from './page-context.js';
import { pageVersion } from './page-version.js';
import { pathInSite } from '../request/reverse-proxy.js';

export interface RenderedPage {
  /** The page's URL, or its path: `/users/7`. */
  url: string;
  /**
   * Headers of the response, by lower-case name: a page whose `content-security-policy` does not allow the
   * loader is left as it is. Default: none.
   */
  headers?: HeaderValues;
}

/** Puts the loader into pages that the application renders. */
export class RenderedPages {
  readonly #context: PageContext;
  readonly #pages: InjectedPages;

  /** @param readBlob reads the site's classic scripts */
  constructor(context: PageContext, readBlob: ReadBlob) {
    this.#context = context;
    // Each request may render another page: they must not replace the pages of the site.
    this.#pages = new InjectedPages(readBlob, {
      cacheBytes: LIMITS.renderedCacheBytes,
      root: placeholderRoot(context.base),
    });
  }

  /**
   * The page with the loader, marked as a page of the site would be. The same text when there is no deploy,
   * or the page has to be left as it is.
   *
   * @throws ModcastError `option-invalid`
   */
  async inject(html: string, { url, headers = {} }: RenderedPage): Promise<string> {
    const { catalog, page, onUnchanged } = this.#context;
    const head = await catalog.head(page.channel);
    if (head === null) return html;
    const path = pathOf(url, this.#context);
    const context = { ...this.#context, policies: policiesOfHeaders(headers) };
    const version = await pageVersion(context, head, { path, name: path });
    // A file of the site at this path is another page: when it changes, this one does not.
    const file = head.manifest.modules.get(path)?.hash;
    const data = (hash: Hash) => version.data(file ?? hash);
    const { injected, unchanged } = await this.#pages.page(path, Buffer.from(html), { ...version, data });
    if (unchanged !== null) onUnchanged(path, unchanged);
    return injected === null ? html : Buffer.from(injected.bytes).toString();
  }
}

/** The path that relative URLs of the page are resolved against. */
function pathOf(url: string, { base }: PageContext): Path {
  if (!URL.canParse(url, PLACEHOLDER_ROOT)) {
    const expected = 'a URL or a path like "/users/7"';
    throw new ModcastError('option-invalid', `url: expected ${expected}, found ${url}`, {
      expected,
      found: url,
    });
  }
  const { pathname } = new URL(url, PLACEHOLDER_ROOT);
  return (
    pathFromUrl(
      pathInSite(pathname, { base }, {})
        .slice(1)
        .replace(/(^|\/)$/, '$1index.html'),
    ) ?? 'index.html'
  );
}
