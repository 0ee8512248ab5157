import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDebug } from '../../../loader/debug.js';

afterEach(() => vi.restoreAllMocks());
afterEach(() => vi.unstubAllGlobals());

function logged(storage: unknown): unknown[][] {
  vi.stubGlobal('localStorage', storage);
  const log = vi.spyOn(console, 'debug').mockImplementation(() => {});
  createDebug('socket')('sent', { type: 'hello' });
  return log.mock.calls;
}

describe('createDebug', () => {
  it.each([
    'modcast:socket',
    'modcast:*',
    '*',
    'app,modcast:socket',
    'app, modcast:*',
    'modcast:link modcast:socket',
  ])('logs for localStorage.debug = "%s"', (debug) => {
    expect(logged({ debug })).toEqual([['modcast:socket', 'sent', { type: 'hello' }]]);
  });

  it.each(['', 'modcast:link', 'modcast', 'modcast:sock', 'modcast:socket2', 'app:*', 'socket'])(
    'is silent for localStorage.debug = "%s"',
    (debug) => {
      expect(logged({ debug })).toEqual([]);
    },
  );

  it('is silent when nothing is set', () => {
    expect(logged({})).toEqual([]);
  });

  it('is silent when there is no storage', () => {
    expect(logged(undefined)).toEqual([]);
  });

  it('is silent when reading the storage throws', () => {
    const storage = new Proxy(
      {},
      {
        get: () => {
          throw new DOMException('no', 'SecurityError');
        },
      },
    );
    expect(logged(storage)).toEqual([]);
  });
});
