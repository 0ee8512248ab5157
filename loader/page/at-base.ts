import { isWebKit } from './engine.js';
import { pageUrl } from './held-page.js';

/** Runs `work` while the page has this base URL, from which inline scripts and import maps take theirs. */
export function atBase(base: string, work: () => void): void {
  if (document.baseURI === base) return work();
  const element = setBase(base);
  work();
  element.remove();
}

/**
 * The same for an inline module. WebKit resolves its imports two microtasks after it is inserted, and its
 * `import()` from the URL that the page has when it is inserted.
 */
export async function atBaseOfImports(base: string, work: () => void): Promise<void> {
  const element = setBase(base);
  const { href } = location;
  if (href === pageUrl || !isWebKit()) work();
  else {
    replaceUrl(pageUrl);
    work();
    replaceUrl(href);
  }
  await Promise.resolve();
  await Promise.resolve();
  element.remove();
}

function setBase(base: string): HTMLBaseElement {
  const element = document.createElement('base');
  element.href = base;
  document.head.prepend(element);
  return element;
}

/** The page may have replaced the method of its `history`. */
const replaceUrl = (url: string): void =>
  History.prototype.replaceState.call(history, history.state, '', url);
