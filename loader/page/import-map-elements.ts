import { HELD_IMPORT_MAP, heldScripts, type ScriptElement } from './held-page.js';
import { insertAgain } from './insert-again.js';
import { setScriptText } from './policy.js';

/** Installs the page's own import maps as their author wrote them. */
export function restoreImportMaps(): void {
  for (const element of heldScripts(HELD_IMPORT_MAP)) {
    element.setAttribute('type', 'importmap');
    insertAgain(element);
  }
}

/** Installs an import map. It stays installed without its element. */
export function installImportMap(json: string, nonce: string): void {
  const script = document.createElement('script');
  script.type = 'importmap';
  script.nonce = nonce;
  setScriptText(script, json);
  document.documentElement.append(script);
  script.remove();
}

/**
 * Restores the page's import map elements after the composed map is installed. The browser reads only the
 * broken ones, to report their errors.
 */
export function settleImportMaps(broken: readonly ScriptElement[]): void {
  for (const element of heldScripts(HELD_IMPORT_MAP)) {
    element.setAttribute('type', 'importmap');
    if (broken.includes(element)) insertAgain(element);
  }
}
