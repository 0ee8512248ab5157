import { isWebKit } from './engine.js';
import { pageUrl, type ScriptElement } from './held-page.js';
import { create, headElement, pageBase, rootElement } from './native-document.js';
import { withNatives } from './natives.js';

export interface Insertion {
  readonly element: ScriptElement;
  /** The base URL that the page has at that moment, from which inline scripts and import maps take theirs. */
  readonly base: string;
  readonly isInlineModule?: boolean;
  /** Called just before, and just after. */
  readonly before: () => void;
  readonly after?: () => void;
}

let last: Promise<void> | null = null;

/**
 * Makes the browser prepare a script that the parser skipped because of its type, or one that is not in the
 * page. Insertions happen in the order of the calls, in microtasks: the browser itself inserts the element,
 * so that no script of the loader's is on the stack. Errors and stacks would name that.
 */
export function insertAgain(insertion: Insertion): void {
  last = insertAfter(last, insertion);
}

/** Resolves when all that was to be inserted is. Null when there was nothing. */
export const allInserted = (): Promise<void> | null => last;

/** Resolves in the next microtask. */
const nothing = async (): Promise<void> => {};

/** The page may have replaced the methods of promises, which `await` does not call. */
async function insertAfter(previous: Promise<void> | null, insertion: Insertion): Promise<void> {
  await previous;
  try {
    await insert(insertion);
  } catch (error) {
    // One that fails does not keep back the others.
    setTimeout(() => console.error(error));
  }
}

async function insert(insertion: Insertion): Promise<void> {
  const { finish, baseElement } = withNatives(() => start(insertion));
  await nothing();
  withNatives(finish);
  if (baseElement === undefined) return;
  // WebKit resolves its imports two microtasks later.
  for (let i = 0; i < 2; i++) await nothing();
  withNatives(() => baseElement.remove());
}

/** Has the browser insert the element in the next microtask. `finish` is to be called after that. */
function start({ element, base, isInlineModule, before, after }: Insertion) {
  const { isConnected, parentNode, nextSibling } = element;
  const host = create('modcast-script' as 'span');
  // In a shadow tree, where the page's scripts do not find it.
  const parent: Node = isConnected ? parentNode! : host.attachShadow({ mode: 'closed' });
  if (!isConnected) rootElement().append(host);
  before();
  let baseElement: HTMLBaseElement | undefined;
  if (pageBase() !== base) {
    baseElement = create('base');
    baseElement.href = base;
    headElement().prepend(baseElement);
  }
  // WebKit resolves the `import()` of an inline module from the URL that the page has at its insertion.
  const { href } = location;
  const hasOwnUrl = isWebKit() && isInlineModule === true && baseElement !== undefined && href !== pageUrl;
  if (hasOwnUrl) replaceUrl(pageUrl);
  element.remove();
  queueMicrotask(parent.insertBefore.bind(parent, element, isConnected ? nextSibling : null));
  const finish = () => {
    if (hasOwnUrl) replaceUrl(href);
    host.remove();
    if (!isConnected && parentNode !== null) parentNode.insertBefore(element, nextSibling);
    after?.();
  };
  return { finish, baseElement };
}

/** The page may have replaced the method of its `history`. */
const replaceUrl = (url: string): void =>
  History.prototype.replaceState.call(history, history.state, '', url);
