/** The URL without query and fragment. */
const plain = (url: string): string => /^[^?#]*/.exec(url)![0];

const withVersion = (url: string, version: string): string => {
  const versioned = new URL(url);
  versioned.searchParams.set('v', version.slice(0, 12));
  return versioned.href;
};

function importsOf(sheet: CSSStyleSheet | null): CSSImportRule[] {
  try {
    return [...(sheet?.cssRules ?? [])].filter((rule) => rule instanceof CSSImportRule);
  } catch {
    // A sheet of another origin, or one that is not loaded yet.
    return [];
  }
}

const urlOf = (rule: CSSImportRule): string =>
  new URL(rule.href, rule.parentStyleSheet?.href ?? document.baseURI).href;

const imports = (sheet: CSSStyleSheet | null, url: string): boolean =>
  importsOf(sheet).some((rule) => plain(urlOf(rule)) === url || imports(rule.styleSheet, url));

/**
 * An imported sheet emits no event when it is loaded: it is polled this often, at this interval in
 * milliseconds.
 */
const POLLS = 300;
const POLL_MS = 10;

async function loaded(rule: CSSImportRule): Promise<CSSStyleSheet | null> {
  for (let poll = 0; poll < POLLS; poll++) {
    try {
      if (rule.styleSheet?.cssRules !== undefined) return rule.styleSheet;
    } catch {
      // Not loaded yet.
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return null;
}

/** The same rule with another URL. */
function textOf({ layerName, supportsText, media }: CSSImportRule, url: string): string {
  const layer = layerName === null ? '' : layerName === '' ? ' layer' : ` layer(${layerName})`;
  const supports = supportsText === null ? '' : ` supports(${supportsText})`;
  return `@import url(${JSON.stringify(url)})${layer}${supports} ${media.mediaText};`;
}

/** The style sheets that the page links. */
export class StylesheetSwap {
  /**
   * Versions of changed sheets that others import, by URL. Firefox loads each URL of a sheet once per
   * document, so the importing rule needs another URL.
   */
  readonly #imported = new Map<string, string>();

  /** The page's links to a style sheet, or to one that imports it. */
  linksOf(url: string): HTMLLinkElement[] {
    return [...document.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet"][href]')].filter(
      (link) => plain(link.href) === url || imports(link.sheet, url),
    );
  }

  /**
   * Resolves when the new versions apply. Each is inserted before the old one, which is removed when the new
   * one is loaded, so that the page is never without it.
   *
   * @param changed version by URL
   * @returns URLs of the versions that some link could not load. It keeps the old one
   */
  async swap(changed: ReadonlyMap<string, string>): Promise<Set<string>> {
    const links = new Map<HTMLLinkElement, { version: string; urls: string[] }>();
    for (const [url, version] of changed) {
      for (const link of this.linksOf(url)) {
        const isItself = plain(link.href) === url;
        if (!isItself) this.#imported.set(url, version);
        const known = links.get(link);
        const chosen = isItself || known === undefined ? version : known.version;
        links.set(link, { version: chosen, urls: [...(known?.urls ?? []), url] });
      }
    }
    const failed = new Set<string>();
    await Promise.all(
      [...links].map(async ([link, { version, urls }]) => {
        if ((await this.#swap(link, version)) === 'failed') for (const url of urls) failed.add(url);
      }),
    );
    return failed;
  }

  async #swap(link: HTMLLinkElement, version: string): Promise<'loaded' | 'failed'> {
    const fresh = link.cloneNode() as HTMLLinkElement;
    fresh.href = withVersion(link.href, version);
    const state = new Promise<'loaded' | 'failed'>((resolve) => {
      fresh.addEventListener('load', () => resolve('loaded'), { once: true });
      fresh.addEventListener('error', () => resolve('failed'), { once: true });
    });
    link.before(fresh);
    if ((await state) === 'failed') {
      fresh.remove();
      return 'failed';
    }
    await this.#renewImports(fresh.sheet);
    link.remove();
    return 'loaded';
  }

  async #renewImports(sheet: CSSStyleSheet | null): Promise<void> {
    if (sheet === null || this.#imported.size === 0) return;
    await Promise.all(
      importsOf(sheet).map(async (old) => {
        const url = urlOf(old);
        const version = this.#imported.get(plain(url));
        if (version === undefined) return this.#renewImports(old.styleSheet);
        const index = [...sheet.cssRules].indexOf(old);
        sheet.deleteRule(index);
        sheet.insertRule(textOf(old, withVersion(url, version)), index);
        await this.#renewImports(await loaded(sheet.cssRules[index] as CSSImportRule));
      }),
    );
  }
}
