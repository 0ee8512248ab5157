import type { TargetKind } from '../linking/choose-target.js';
import { JAVASCRIPT } from '../linking/media-types.js';
import { createModuleUrl } from '../linking/module-url.js';
import { pageUrl, sourceAttribute, type HeldScript } from './held-page.js';
import { inlineText, nameImports } from './inline-text.js';
import { setScriptSrc, setScriptText } from './policy.js';
import type { RunOptions } from './run-scripts.js';

type PreparedRun = Pick<RunOptions, 'prepare' | 'signal' | 'setText'>;

export interface PrepareOptions {
  readonly nonce: string;
  /** What the page's policy permits for modules. */
  readonly kind: TargetKind;
  /** The URL to load a module from; undefined for the author's own. */
  readonly targetOf: (url: string) => string | undefined;
  /** Whether modules call the loader's runtime. */
  readonly isLinked: boolean;
}

const nothing = () => {};

/** Changes nothing, where the page's policy forbids it. */
export const leaveAsWritten: PreparedRun = {
  prepare: () => nothing,
  signal: () => undefined,
  setText() {
    throw new TypeError('the policy forbids it');
  },
};

/** Changes held scripts, while the browser reads them, so that they run in the page's deploy. */
export function prepareScripts(options: PrepareOptions): PreparedRun {
  const { nonce, targetOf, kind: urlKind, isLinked } = options;
  // The page's policy blocks a script without the loader's nonce, or allows it by the hash of its text. Its
  // error should name the author's URL.
  const isBlocked = ({ element }: HeldScript) => nonce !== '' && element.nonce === '';
  return {
    setText: setScriptText,
    signal(script, expression) {
      if (isBlocked(script) || !(script.element instanceof HTMLScriptElement)) return undefined;
      // Before the other imports, which may await something.
      return urlKind === 'http'
        ? `${expression};`
        : `import"${createModuleUrl(urlKind, [expression], JAVASCRIPT)}";`;
    },
    prepare(script, first) {
      const { element, kind, src, base } = script;
      if (src === null) {
        if (isBlocked(script)) return nothing;
        if (!isLinked) return prepareInline(script, first);
        const { text, name } = nameImports(script);
        const declaration = `const ${name}=__modcast__(${JSON.stringify(base)}).inline(import.meta);`;
        return prepareInline({ ...script, text }, first + declaration);
      }
      const attribute = sourceAttribute(element) ?? 'src';
      const target = kind === 'module' && !isBlocked(script) ? targetOf(src) : undefined;
      const written = element.getAttribute(attribute);
      setScriptSrc(element, attribute, target ?? src);
      return () => {
        if (written === null) element.removeAttribute(attribute);
        else setScriptSrc(element, attribute, written);
      };
    },
  };
}

/** Prepares an inline script so that its errors name the page and the right line. */
function prepareInline(script: HeldScript, first: string): () => void {
  const { element } = script;
  if (!(element instanceof HTMLScriptElement)) return nothing;
  const { text } = element;
  setScriptText(element, `${inlineText(script, first)}\n//# sourceURL=${pageUrl}`);
  return () => setScriptText(element, text);
}
