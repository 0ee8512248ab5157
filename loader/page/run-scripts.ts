import { pageUrl, sourceAttribute, type HeldPage, type HeldScript, type ScriptElement } from './held-page.js';
import { insertAgain } from './insert-again.js';
import { setScriptSrc, setScriptText } from './policy.js';

/**
 * Prepares an inline script so that its errors name the page and the right line. While the browser reads the
 * script, its text begins with as many blank lines as precede it in the page.
 */
function insertInline(element: ScriptElement): void {
  const at = /^(\d+):(\d+)$/.exec(element.dataset['modcastAt'] ?? '');
  delete element.dataset['modcastAt'];
  if (at === null || !(element instanceof HTMLScriptElement)) return insertAgain(element);
  const { text } = element;
  const before = '\n'.repeat(Number(at[1]) - 1) + ' '.repeat(Number(at[2]) - 1);
  setScriptText(element, `${before}${text}\n//# sourceURL=${pageUrl}`);
  insertAgain(element);
  setScriptText(element, text);
}

/** Runs the page's own element, so that its listeners, nonce and text stay. */
function run({ element, kind, src }: HeldScript, target: string | undefined): void {
  if (kind === 'module') element.setAttribute('type', 'module');
  else if (element.dataset['modcastType'] === undefined) element.removeAttribute('type');
  else element.setAttribute('type', element.dataset['modcastType']);
  delete element.dataset['modcastType'];
  delete element.dataset['modcastImports'];
  // Inserted scripts keep their order only with `async = false`.
  if (element instanceof HTMLScriptElement && !element.hasAttribute('async')) element.async = false;
  const attribute = sourceAttribute(element);
  if (attribute === null || src === null) return insertInline(element);
  const written = element.getAttribute(attribute)!;
  setScriptSrc(element, attribute, target ?? src);
  insertAgain(element);
  // The browser does not read it again, and the page keeps what its author wrote.
  setScriptSrc(element, attribute, written);
}

/** Runs `work` while the page has this base URL, from which inline scripts take theirs. */
function atBase(base: string, work: () => void): void {
  if (document.baseURI === base) return work();
  const element = document.createElement('base');
  element.href = base;
  document.head.prepend(element);
  work();
  element.remove();
}

export interface RunOptions {
  readonly nonce: string;
  /** The URL to load a module from; undefined for the author's own. */
  readonly targetOf: (url: string) => string | undefined;
}

/**
 * Runs the held scripts in document order, each in its own place. Resolves when all but the `async` ones have
 * run or failed.
 */
export function runHeldScripts(page: HeldPage, { nonce, targetOf }: RunOptions): Promise<void> {
  const last = page.scripts.findLast(({ element }) => !element.hasAttribute('async'));
  const ran = last === undefined ? Promise.resolve() : last.src === null ? undefined : settled(last.element);
  atBase(page.base, () => {
    for (const script of page.scripts) {
      // The page's policy blocks a script without the loader's nonce. Its error should name the author's URL.
      const blocked = nonce !== '' && script.element.nonce === '';
      const mapped = script.kind === 'module' && script.src !== null && !blocked;
      run(script, mapped ? targetOf(script.src) : undefined);
    }
  });
  return ran ?? marker(nonce);
}

function settled(element: ScriptElement): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['load', 'error']) element.addEventListener(name, () => resolve(), { once: true });
  });
}

/**
 * Inline module scripts have no load event. A script after them in the same queue runs when they have run.
 */
function marker(nonce: string): Promise<void> {
  return new Promise((resolve) => {
    const name = '__modcast_ran__';
    const host = document.createElement('modcast-marker');
    const done = () => {
      delete (globalThis as Record<string, unknown>)[name];
      host.remove();
      resolve();
    };
    Object.defineProperty(globalThis, name, { configurable: true, value: done });
    const script = document.createElement('script');
    script.type = 'module';
    script.async = false;
    script.nonce = nonce;
    script.addEventListener('error', done);
    setScriptText(script, `${name}()`);
    // In a shadow tree, where the page's scripts do not find it.
    host.attachShadow({ mode: 'closed' }).append(script);
    document.documentElement.append(host);
  });
}
