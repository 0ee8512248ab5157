import { correctError, type NaturalText } from '../page/correct-error.js';
import { naturalPlace } from '../page/run-positions.js';
import { withFragment } from './wrap-workers.js';

/**
 * Makes the event of an error in this worker name natural URLs: some engines name a module by the URL that it
 * was loaded from. `onerror` gets what the event was made with, so the worker gets an event of its own.
 */
export function nameErrorsNaturally(natural: NaturalText): void {
  addEventListener(
    'error',
    (event) => {
      if (!event.isTrusted) return;
      const { message, error } = event;
      const { file, lineno, colno } = naturalPlace(event, natural);
      const shown = { message: natural(message), filename: withFragment(file, location.href) };
      correctError(error, natural);
      if (shown.message === message && shown.filename === event.filename) return;
      event.stopImmediatePropagation();
      const corrected = new ErrorEvent('error', { ...shown, lineno, colno, error, cancelable: true });
      if (!dispatchEvent(corrected)) event.preventDefault();
    },
    true,
  );
}
