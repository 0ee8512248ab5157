import { isWebKit } from './engine.js';
import { correctRunPlace } from './run-positions.js';

/** Puts natural URLs in place of those that modules run from, in a text of the browser's. */
export type NaturalText = (text: string) => string;

const IN_RUN = /\/runs\/[\da-f]{64}\//;

/** Whether reading a stack may run a function of the page. */
export const isStackPrepared = (): boolean => 'prepareStackTrace' in Error;

/**
 * Makes an error name natural URLs. WebKit ignores `//# sourceURL` where it names the place of an error.
 * Other stacks contain the message.
 */
export function correctError(error: unknown, natural: NaturalText): void {
  if (!(error instanceof Error)) return;
  const texts = error as unknown as Record<string, unknown>;
  const correct = (name: string): boolean => {
    const text = texts[name];
    if (typeof text !== 'string') return false;
    const corrected = natural(text);
    // The page may have frozen it.
    return corrected !== text && Reflect.set(error, name, corrected);
  };
  const isChanged = correct('message');
  correctRunPlace(texts, natural);
  correct('fileName');
  correct('sourceURL');
  const isWrong = () => isChanged || IN_RUN.test(String(texts['stack']));
  if (isWebKit() || (!isStackPrepared() && isWrong())) correct('stack');
}
