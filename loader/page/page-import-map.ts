import { mergeImportMaps } from '../../importmap/merge.js';
import type { ImportMap } from '../../importmap/import-map.js';
import { parseImportMap } from '../../importmap/parse.js';
import { heldBase, type HeldPage, type ScriptElement } from './held-page.js';

/**
 * The page's import maps, each with its base URL, merged as the browser does. Broken ones are skipped.
 *
 * @param native the map that the browser has already
 */
export function readImportMap(
  page: HeldPage,
  native: ImportMap,
): { map: ImportMap; broken: ScriptElement[] } {
  let map = native;
  const broken: ScriptElement[] = [];
  for (const element of page.importMaps) {
    try {
      map = mergeImportMaps(map, parseImportMap(element.textContent, heldBase(element)).map).map;
    } catch {
      broken.push(element);
    }
  }
  return { map, broken };
}
