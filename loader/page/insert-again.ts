import { isWebKit } from './engine.js';
import { pageUrl, type ScriptElement } from './held-page.js';

export interface Insertion {
  readonly element: ScriptElement;
  /** The base URL that the page has at that moment, from which inline scripts and import maps take theirs. */
  readonly base: string;
  readonly isInlineModule?: boolean;
  /** Called just before, and just after. */
  readonly before: () => void;
  readonly after?: () => void;
}

let last: Promise<void> = Promise.resolve();

/**
 * Makes the browser prepare a script that the parser skipped because of its type, or one that is not in the
 * page. Insertions happen in the order of the calls, in microtasks: the browser itself inserts the element,
 * so that no script of the loader's is on the stack. Errors and stacks would name that.
 */
export function insertAgain(insertion: Insertion): void {
  // One that fails does not keep back the others.
  last = last.then(() => insert(insertion)).catch(console.error);
}

/** Resolves when all that was to be inserted is. */
export const allInserted = (): Promise<void> => last;

async function insert({ element, base, isInlineModule, before, after }: Insertion): Promise<void> {
  const { isConnected, parentNode, nextSibling } = element;
  const host = document.createElement('modcast-script');
  // In a shadow tree, where the page's scripts do not find it.
  const parent: Node = isConnected ? parentNode! : host.attachShadow({ mode: 'closed' });
  if (!isConnected) document.documentElement.append(host);
  before();
  const hasOwnBase = document.baseURI !== base;
  const baseElement = document.createElement('base');
  if (hasOwnBase) {
    baseElement.href = base;
    // A script of the page may have removed the head.
    (document.head ?? document.documentElement).prepend(baseElement);
  }
  // WebKit resolves the `import()` of an inline module from the URL that the page has at its insertion.
  const { href } = location;
  const hasOwnUrl = isWebKit() && isInlineModule === true && hasOwnBase && href !== pageUrl;
  if (hasOwnUrl) replaceUrl(pageUrl);
  element.remove();
  queueMicrotask(parent.insertBefore.bind(parent, element, isConnected ? nextSibling : null));
  await Promise.resolve();
  if (hasOwnUrl) replaceUrl(href);
  host.remove();
  if (!isConnected && parentNode !== null) parentNode.insertBefore(element, nextSibling);
  after?.();
  if (!hasOwnBase) return;
  // WebKit resolves its imports two microtasks later.
  for (let i = 0; i < 2; i++) await Promise.resolve();
  baseElement.remove();
}

/** The page may have replaced the method of its `history`. */
const replaceUrl = (url: string): void =>
  History.prototype.replaceState.call(history, history.state, '', url);
