import { dispatch, select } from './native-document.js';
import { withNatives } from './natives.js';

const HELD_PRELOAD = 'modcast-modulepreload';

/**
 * Releases preloads that were held back. A module that is here already would be fetched a second time: its
 * preload only gets a load event.
 */
export function settlePreloads(isHere: (url: string) => boolean): void {
  const here = withNatives(() =>
    select<HTMLLinkElement>(`link[rel~="${HELD_PRELOAD}"]`).filter((link) => {
      if (isHere(link.href)) return true;
      link.rel = link.rel.replace(HELD_PRELOAD, 'modulepreload');
      return false;
    }),
  );
  for (let i = 0; i < here.length; i++) dispatch(here[i]!, new Event('load'));
}
