import { HELD_IMPORT_MAP, heldBase, heldScripts, restoreType, type ScriptElement } from './held-page.js';
import { insertAgain } from './insert-again.js';

/**
 * Gives the page's import map elements their types again.
 *
 * @param isRead whether the browser reads the element. After the composed map is installed, these are the
 *   broken ones, to report their errors.
 */
export function settleImportMaps(isRead: (element: ScriptElement) => boolean): void {
  for (const element of heldScripts(HELD_IMPORT_MAP)) {
    const base = heldBase(element);
    const before = () => restoreType(element, 'importmap');
    if (isRead(element)) insertAgain({ element, base, before });
    else before();
  }
}
