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

it('an event names the place in a module, and goes on to the page only where nobody prevents that', () => {
  const dispatched: ErrorEvent[] = [];
  vi.stubGlobal('dispatchEvent', (event: ErrorEvent) => (dispatched.push(event), false));
  vi.stubGlobal('ErrorEvent', function (this: object, type: string, init: object) {
    Object.assign(this, { type }, init);
  });
  const listen = vi.fn();
  vi.stubGlobal('addEventListener', listen);
  vi.stubGlobal('location', { href: 'https://host/w.mjs' });
  nameErrorsNaturally((text) => text.replace('https://host/-/runs/1/w.mjs:9:4', 'https://host/a.mjs:2:3'));
  const given = {
    isTrusted: true,
    message: 'x',
    filename: 'https://host/-/runs/1/w.mjs',
    lineno: 9,
    colno: 4,
  };
  const event = { ...given, stopImmediatePropagation: vi.fn(), preventDefault: vi.fn() };
  (listen.mock.calls[0]![1] as (event: unknown) => void)(event);
  expect(dispatched).toEqual([
    expect.objectContaining({ filename: 'https://host/a.mjs', lineno: 2, colno: 3 }),
  ]);
  expect(event.preventDefault).toHaveBeenCalledOnce();
});
