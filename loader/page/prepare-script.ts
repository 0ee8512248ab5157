import { pageUrl, sourceAttribute, type HeldScript, type ScriptElement } from './held-page.js';
import { setScriptSrc, setScriptText } from './policy.js';

export interface PrepareOptions {
  readonly nonce: string;
  /** The URL to load a module from; undefined for the author's own. */
  readonly targetOf: (url: string) => string | undefined;
  /** Whether modules call the loader's runtime. */
  readonly isLinked: boolean;
}

const nothing = () => {};

/**
 * Changes nothing, where the page's policy forbids it.
 *
 * @throws TypeError when there is text to set
 */
export function leaveAsWritten(_script: unknown, text: string): () => void {
  if (text !== '') throw new TypeError('the policy forbids it');
  return nothing;
}

/** Changes held scripts, while the browser reads them, so that they run in the page's deploy. */
export function prepareScript({
  nonce,
  targetOf,
  isLinked,
}: PrepareOptions): (script: HeldScript, first: string) => () => void {
  return ({ element, kind, src, base }, first) => {
    const attribute = sourceAttribute(element);
    // The page's policy blocks a script without the loader's nonce, or allows it by the hash of its text.
    const isBlocked = nonce !== '' && element.nonce === '';
    if (attribute === null || src === null) {
      if (isBlocked) return leaveAsWritten(element, first);
      const prepareMeta = `__modcast__(${JSON.stringify(base)}).inline(import.meta);`;
      return prepareInline(element, isLinked ? first + prepareMeta : first);
    }
    // Its error should name the author's URL.
    const target = kind === 'module' && !isBlocked ? targetOf(src) : undefined;
    const written = element.getAttribute(attribute)!;
    setScriptSrc(element, attribute, target ?? src);
    return () => setScriptSrc(element, attribute, written);
  };
}

/**
 * Prepares an inline script so that its errors name the page and the right line: its text begins with as many
 * blank lines as precede it in the page.
 *
 * @param first statements to run first. On the first line of the page they take the place of blanks
 */
function prepareInline(element: ScriptElement, first: string): () => void {
  const at = /^(\d+):(\d+)$/.exec(element.dataset['modcastAt'] ?? '');
  if (at === null || !(element instanceof HTMLScriptElement)) return nothing;
  const { text } = element;
  const [lines, columns] = [Number(at[1]) - 1, Number(at[2]) - 1];
  const before = lines > 0 ? first + '\n'.repeat(lines) + ' '.repeat(columns) : first.padEnd(columns);
  setScriptText(element, `${before}${text}\n//# sourceURL=${pageUrl}`);
  return () => setScriptText(element, text);
}
