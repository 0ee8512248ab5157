/**
 * Collects the entries that the browser could not load, with the files that they import. To import one again
 * would request what is missing, and report it, once more.
 *
 * @param resolve the natural URL of a specifier of the page. Undefined when it has none
 * @returns whether an entry is one of them. To be called when the page's scripts have run
 */
export function collectUnloadedEntries(
  resolve: (specifier: string) => string | undefined,
): (url: string) => boolean {
  const imports = new Map<EventTarget, readonly string[]>();
  for (const script of document.querySelectorAll<HTMLScriptElement>('script[data-modcast-imports]')) {
    imports.set(
      script,
      specifiersOf(script).flatMap((specifier) => resolve(specifier) ?? []),
    );
  }
  const unloaded = new Set<string>();
  const onError = ({ target }: Event) => {
    if (target === null || !('src' in target)) return;
    unloaded.add(String(target.src));
    for (const url of imports.get(target) ?? []) unloaded.add(url);
  };
  // An element's event does not bubble.
  addEventListener('error', onError, true);
  return (url) => unloaded.has(url);
}

function specifiersOf({ dataset }: HTMLScriptElement): string[] {
  try {
    return JSON.parse(dataset['modcastImports']!) as string[];
  } catch {
    // An author may have written it.
    return [];
  }
}
