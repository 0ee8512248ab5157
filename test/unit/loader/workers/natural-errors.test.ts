import { afterEach, expect, it, vi } from 'vitest';
import { nameErrorsNaturally } from '../../../../loader/workers/natural-errors.js';

afterEach(() => vi.unstubAllGlobals());

/** The listener that a worker gets. */
function listener(): (event: ErrorEvent) => void {
  const listen = vi.fn();
  vi.stubGlobal('addEventListener', listen);
  vi.stubGlobal('location', { href: 'https://host/w.mjs' });
  nameErrorsNaturally((text) => text.replaceAll('?modcast=1', ''));
  return listen.mock.calls[0]![1] as (event: ErrorEvent) => void;
}

it('an event that a script of the worker has made stays as it is, and so does its error', () => {
  const error = new Error('at https://host/w.mjs?modcast=1');
  const event = { isTrusted: false, message: 'x', filename: 'https://host/w.mjs?modcast=1', error };
  listener()(event as unknown as ErrorEvent);
  expect(error.message).toBe('at https://host/w.mjs?modcast=1');
});
