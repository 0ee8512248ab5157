import { removeMarks, whenParsed } from '../page/held-page.js';
import { settlePreloads } from '../page/preloads.js';

/**
 * Leaves the page to the browser: removes what the server has added, before the parser prepares it.
 *
 * @param loader absolute URL of the loader
 */
export function stepAside(loader: string): void {
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) {
        if (!(node instanceof HTMLScriptElement || node instanceof SVGScriptElement)) continue;
        if (node.dataset['modcast'] === 'none' || ('src' in node && node.src === loader)) node.remove();
        else removeMarks(node);
      }
    }
  });
  observer.observe(document, { childList: true, subtree: true });
  whenParsed(() => {
    observer.disconnect();
    settlePreloads(() => false);
  });
}
