import { mergeImportMaps } from '../../importmap/merge.js';
import { EMPTY_IMPORT_MAP, type ImportMap } from '../../importmap/import-map.js';
import { parseImportMap } from '../../importmap/parse.js';
import { heldBase, type ScriptElement } from './held-page.js';

/** What the browser has read itself: of the page's own scripts, and of those that scripts have inserted. */
export interface NativeScripts {
  /** The import maps, merged. */
  readonly map: ImportMap;
  /**
   * Whether the browser may load a URL as it is: a module script has it as its source, or the map leads to
   * it. No rule applies to it then.
   */
  readonly loads: (url: string) => boolean;
}

/** @param seen scripts that the guard has seen, with their base URLs. They may be gone from the page */
export function readNativeScripts(seen: ReadonlyMap<ScriptElement, string>): NativeScripts {
  const scripts = new Map(seen);
  for (const element of document.querySelectorAll<ScriptElement>(
    'script[type="module" i],script[type="importmap" i]',
  )) {
    if (!scripts.has(element)) scripts.set(element, heldBase(element));
  }
  const sources = new Set<string>();
  let map = EMPTY_IMPORT_MAP;
  for (const [element, base] of scripts) {
    const { type } = element;
    if (/^module$/i.test(type)) sources.add((element as HTMLScriptElement).src);
    if (!/^importmap$/i.test(type)) continue;
    try {
      map = mergeImportMaps(map, parseImportMap(element.textContent, base).map).map;
    } catch {
      // The browser has reported it.
    }
  }
  const addresses = [map.imports, ...map.scopes.values()].flatMap((rules) => [...rules.values()]);
  return {
    map,
    loads: (url) =>
      sources.has(url) ||
      addresses.some(
        (address) => address === url || (address?.endsWith('/') === true && url.startsWith(address)),
      ),
  };
}
