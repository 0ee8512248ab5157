import { beforeEach, expect, it, vi } from 'vitest';
import { ErrorEvents } from '../../../../loader/page/error-events.js';

const natural = (text: string): string => text.replaceAll('blob:1', 'https://host/a.mjs');

interface ErrorInit extends EventInit {
  readonly message?: string;
  readonly filename?: string;
  readonly error?: unknown;
}

/** A window with an engine's error events. */
class Window extends EventTarget {
  /** The browser's own event; an `Event` of Node's is never trusted. */
  report(init: ErrorInit): Event {
    const event = new FakeErrorEvent('error', { cancelable: true, ...init });
    Object.defineProperties(event, { isTrusted: { value: true } });
    this.dispatchEvent(event);
    return event;
  }
}

class FakeErrorEvent extends Event {
  readonly message: string;
  readonly filename: string;
  readonly lineno = 3;
  readonly colno = 4;
  readonly error: unknown;

  constructor(type: string, { message = '', filename = '', error = null, ...init }: ErrorInit) {
    super(type, init);
    this.message = message;
    this.filename = filename;
    this.error = error;
  }
}

let page: Window;
let errors: ErrorEvents;
const seen = vi.fn();

beforeEach(() => {
  page = new Window();
  vi.stubGlobal('window', page);
  vi.stubGlobal('ErrorEvent', FakeErrorEvent);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('dispatchEvent', page.dispatchEvent.bind(page));
  errors = new ErrorEvents();
  seen.mockReset();
  page.addEventListener('error', (event) => {
    const { message, filename } = event as FakeErrorEvent;
    seen(message, filename);
  });
});

it('shows the page one event, with natural URLs', () => {
  errors.natural = natural;
  page.report({ message: "no export in 'blob:1'", filename: 'blob:1' });
  expect(seen.mock.calls).toEqual([["no export in 'https://host/a.mjs'", 'https://host/a.mjs']]);
});

it('leaves an event that names natural URLs', () => {
  errors.natural = natural;
  const listener = vi.fn();
  page.addEventListener('error', listener);
  const event = page.report({ message: 'plain', filename: 'https://host/b.mjs' });
  expect(listener.mock.calls).toEqual([[event]]);
});

it('leaves events before modules run, and those of the page’s own', () => {
  page.report({ filename: 'blob:1' });
  errors.natural = natural;
  page.dispatchEvent(new FakeErrorEvent('error', { filename: 'blob:1' }));
  expect(seen.mock.calls).toEqual([
    ['', 'blob:1'],
    ['', 'blob:1'],
  ]);
});

it('does what the page wants when it prevents the default', () => {
  errors.natural = natural;
  page.addEventListener('error', (event) => event.preventDefault());
  expect(page.report({ filename: 'blob:1' }).defaultPrevented).toBe(true);
});

it('removes the name of the method that has inserted a script with a syntax error', () => {
  const error = new SyntaxError("Failed to execute 'insertBefore' on 'Node': Unexpected token");
  page.report({ message: `Uncaught SyntaxError: ${error.message}`, error });
  expect(seen.mock.calls).toEqual([['Uncaught SyntaxError: Unexpected token', '']]);
  expect(error.message).toBe('Unexpected token');
});

it('keeps that message where it is the page’s own error', () => {
  const message = "NotFoundError: Failed to execute 'insertBefore' on 'Node': not a child";
  page.report({ message, error: new Error(message) });
  expect(seen.mock.calls).toEqual([[message, '']]);
});

it('tells its listeners first, and each of them only of errors after it was added', () => {
  const later = vi.fn();
  const stop = errors.on(() => errors.on(later));
  page.report({ message: 'first' });
  expect(later).not.toHaveBeenCalled();
  stop();
  page.report({ message: 'second' });
  expect(later).toHaveBeenCalledTimes(1);
});
