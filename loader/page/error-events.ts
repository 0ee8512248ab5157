import { isWebKit } from './engine.js';

/** Puts natural URLs in place of those that modules run from, in a text of the browser's. */
export type NaturalText = (text: string) => string;

/**
 * WebKit ignores `//# sourceURL` where it names the place of an error, and names the blob. Of that, a stack
 * can be changed in the error.
 */
export function nameStack(error: unknown, naturalText: NaturalText): void {
  // Elsewhere, reading a stack may run a function of the page.
  if (error instanceof Error && isWebKit()) error.stack = naturalText(error.stack ?? '');
}

/** Makes the page's listeners find natural URLs in the errors that nothing has caught. */
export function nameErrors(naturalText: NaturalText): void {
  addEventListener('unhandledrejection', ({ reason }) => nameStack(reason, naturalText), true);
  addEventListener(
    'error',
    (event) => {
      if (!(event instanceof ErrorEvent)) return;
      const { message, lineno, colno, error } = event;
      nameStack(error, naturalText);
      const filename = naturalText(event.filename);
      if (filename === event.filename) return;
      // `onerror` gets the event's own values: only another event has others.
      event.stopImmediatePropagation();
      const again = new ErrorEvent('error', { message, filename, lineno, colno, error, cancelable: true });
      if (!dispatchEvent(again)) event.preventDefault();
    },
    true,
  );
}
