const HELD_PRELOAD = 'modcast-modulepreload';

/**
 * Releases preloads that were held back. A module that is here already would be fetched a second time: its
 * preload only gets a load event.
 */
export function settlePreloads(isHere: (url: string) => boolean): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>(`link[rel~="${HELD_PRELOAD}"]`)) {
    if (isHere(link.href)) link.dispatchEvent(new Event('load'));
    else link.rel = link.rel.replace(HELD_PRELOAD, 'modulepreload');
  }
}
