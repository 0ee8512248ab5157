import type { ScriptElement } from './held-page.js';

/** Makes the browser prepare a script that the parser skipped because of its type. */
export function insertAgain(element: ScriptElement): void {
  const { parentNode, nextSibling } = element;
  element.remove();
  parentNode?.insertBefore(element, nextSibling);
}
