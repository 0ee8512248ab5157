import { EMPTY_IMPORT_MAP, type ImportMap } from '../../importmap/import-map.js';
import { mergeImportMaps } from '../../importmap/merge.js';
import { parseImportMap } from '../../importmap/parse.js';
import { heldBase, type ScriptElement } from './held-page.js';

/**
 * What the browser has read itself: some of the page's own scripts, and those that scripts have inserted. No
 * rule of the loader's applies to a module that the browser has loaded by such a script.
 */
export class NativeScripts {
  readonly #seen: ReadonlyMap<ScriptElement, string>;
  readonly #read = new WeakSet<ScriptElement>();
  readonly #sources = new Set<string>();
  #map = EMPTY_IMPORT_MAP;

  /** @param seen scripts that the guard has seen, with their base URLs. They may be gone from the page */
  constructor(seen: ReadonlyMap<ScriptElement, string>) {
    this.#seen = seen;
  }

  /** The import maps, merged. */
  get map(): ImportMap {
    return this.#map;
  }

  /** Reads the scripts that are new. Held ones that the loader runs later do not count. */
  refresh(): void {
    for (const element of this.#seen.keys()) this.#readOnce(element);
    for (const element of document.scripts) this.#readOnce(element);
  }

  #readOnce(element: ScriptElement): void {
    if (this.#read.has(element)) return;
    this.#read.add(element);
    if (/^module$/i.test(element.type)) this.#sources.add((element as HTMLScriptElement).src);
    if (!/^importmap$/i.test(element.type)) return;
    const base = this.#seen.get(element) ?? heldBase(element);
    try {
      this.#map = mergeImportMaps(this.#map, parseImportMap(element.textContent, base).map).map;
    } catch {
      // The browser has reported it.
    }
  }

  /** Whether a module script has the URL as its source, or an import map leads to it. */
  loads(url: string): boolean {
    const addresses = [this.#map.imports, ...this.#map.scopes.values()].flatMap((rules) => [
      ...rules.values(),
    ]);
    return (
      this.#sources.has(url) ||
      addresses.some(
        (address) => address === url || (address?.endsWith('/') === true && url.startsWith(address)),
      )
    );
  }
}
