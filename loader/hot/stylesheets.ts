/** The URL without query and fragment. */
const plain = (url: string): string => /^[^?#]*/.exec(url)![0];

function imports(sheet: CSSStyleSheet | null, url: string): boolean {
  try {
    return [...(sheet?.cssRules ?? [])].some(
      (rule) =>
        rule instanceof CSSImportRule &&
        (plain(new URL(rule.href, sheet?.href ?? document.baseURI).href) === url ||
          imports(rule.styleSheet, url)),
    );
  } catch {
    // Of another origin.
    return false;
  }
}

/** The page's style sheets that are, or import, the one at a URL. */
export function linksOf(url: string): HTMLLinkElement[] {
  return [...document.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet"][href]')].filter(
    (link) => plain(link.href) === url || imports(link.sheet, url),
  );
}

/**
 * Loads a style sheet's new version beside the old one, which goes when the new one is in force: so there is no
 * moment without.
 *
 * @param version makes the URL another one
 */
export function exchange(link: HTMLLinkElement, version: string): Promise<void> {
  const fresh = link.cloneNode() as HTMLLinkElement;
  const url = new URL(link.href);
  url.searchParams.set('v', version.slice(0, 12));
  fresh.href = url.href;
  return new Promise((resolve) => {
    const done = (loser: HTMLLinkElement) => () => {
      loser.remove();
      resolve();
    };
    fresh.addEventListener('load', done(link), { once: true });
    fresh.addEventListener('error', done(fresh), { once: true });
    link.after(fresh);
  });
}
