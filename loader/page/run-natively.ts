import type { HeldScript } from './held-page.js';
import { inlineText } from './inline-text.js';
import type { RunOptions } from './run-scripts.js';

/** Runs scripts as their author wrote them. */
export const natively: Pick<RunOptions, 'prepare' | 'signal' | 'setText'> = {
  prepare(script: HeldScript, first: string) {
    const { element, src } = script;
    if (src !== null || first === '' || !(element instanceof HTMLScriptElement)) return () => {};
    const { text } = element;
    element.text = inlineText(script, first);
    return () => void (element.text = text);
  },
  signal: ({ element }, expression) => (element instanceof HTMLScriptElement ? `${expression};` : undefined),
  setText: (script, text) => void (script.text = text),
};
