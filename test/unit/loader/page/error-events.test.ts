import { beforeEach, expect, it, vi } from 'vitest';
import { nameErrors } from '../../../../loader/page/error-events.js';

const BLOB = 'blob:https://site/0e5493ec-ef37-4541-895f-6c4a6c7863db';

class FakeErrorEvent extends Event {
  constructor(type: string, init: ErrorEventInit) {
    super(type, init);
    const { message, filename, lineno, colno, error } = init;
    Object.assign(this, { message, filename, lineno, colno, error });
  }
}

/** As WebKit's errors are. */
const errorAt = (url: string): Error =>
  Object.assign(new TypeError('boo'), { sourceURL: url, stack: `f@${url}:3:21\nmodule code@${url}:7:1` });

const NativeError = Error;

let page: EventTarget;

/** @param engine WebKit's errors have a property more */
function start(engine: 'WebKit' | 'another engine' = 'WebKit'): void {
  page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('dispatchEvent', page.dispatchEvent.bind(page));
  vi.stubGlobal('ErrorEvent', FakeErrorEvent);
  const construct = (target: ErrorConstructor, given: [string]) =>
    Object.assign(Reflect.construct(target, given), { sourceURL: '' });
  vi.stubGlobal('Error', engine === 'WebKit' ? new Proxy(NativeError, { construct }) : NativeError);
  nameErrors((text) => text.replaceAll(BLOB, 'https://site/lib/a.mjs'));
}

function dispatch(filename: string, error: Error): { seen: FakeErrorEvent[]; event: Event } {
  const seen: FakeErrorEvent[] = [];
  page.addEventListener('error', (event) => void seen.push(event as FakeErrorEvent));
  const init = { message: 'TypeError: boo', filename, lineno: 3, colno: 21, error, cancelable: true };
  const event = new FakeErrorEvent('error', init);
  page.dispatchEvent(event);
  return { seen, event };
}

beforeEach(() => start());

it('listeners see the natural URL, the same place, and its stack', () => {
  const error = errorAt(BLOB);
  const { seen } = dispatch(BLOB, error);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({
    message: 'TypeError: boo',
    filename: 'https://site/lib/a.mjs',
    lineno: 3,
    colno: 21,
    error,
  });
  expect(error.stack).toBe('f@https://site/lib/a.mjs:3:21\nmodule code@https://site/lib/a.mjs:7:1');
});

it('an error that a listener handles is handled', () => {
  page.addEventListener('error', (event) => event.preventDefault());
  expect(dispatch(BLOB, errorAt(BLOB)).event.defaultPrevented).toBe(true);
});

it('an event that names a natural URL is the browser’s own', () => {
  const { seen, event } = dispatch('https://site/lib/a.mjs', errorAt(BLOB));
  expect(seen).toEqual([event]);
});

it('the reason of a rejection has its stack with natural URLs', () => {
  const reason = errorAt(BLOB);
  page.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason }));
  expect(reason.stack).toContain('https://site/lib/a.mjs:3:21');
});

it('a stack is read in WebKit only: the page may see it', () => {
  start('another engine');
  const error = new TypeError('boo');
  const read = vi.fn<() => string>();
  Object.defineProperty(error, 'stack', { get: read });
  dispatch(BLOB, error);
  expect(read).not.toHaveBeenCalled();
});
