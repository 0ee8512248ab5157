import { afterEach, expect, it, vi } from 'vitest';
import { startRuntime } from '../../../../loader/workers/worker-runtime.js';

const MANIFEST = 'a'.repeat(64);
const STARTED = `https://host/w.mjs?modcast=${MANIFEST}`;

afterEach(() => vi.unstubAllGlobals());

it('names an error naturally that comes before hot reload has started', () => {
  const dispatched: unknown[] = [];
  let report: ((event: object) => void) | undefined;
  vi.stubGlobal('location', { href: STARTED });
  vi.stubGlobal('BroadcastChannel', class {});
  vi.stubGlobal(
    'PerformanceObserver',
    class {
      observe() {}
    },
  );
  vi.stubGlobal(
    'ErrorEvent',
    class {
      constructor(
        readonly type: string,
        readonly init: object,
      ) {}
    },
  );
  vi.stubGlobal('dispatchEvent', ({ init }: { init: object }) => dispatched.push(init));
  vi.stubGlobal('addEventListener', (type: string, listener: (event: object) => void) => {
    if (type === 'error') report = listener;
  });
  vi.stubGlobal('__modcast_deploy__', {
    manifest: MANIFEST,
    importMap: null,
    url: 'https://host/-/worker.js',
    root: '../',
  });
  startRuntime(() => {
    const event = { isTrusted: true, message: 'x', filename: STARTED, lineno: 1, colno: 1, error: null };
    report!({ ...event, stopImmediatePropagation() {}, preventDefault() {} });
    return undefined;
  });
  expect(dispatched).toEqual([expect.objectContaining({ filename: 'https://host/w.mjs' })]);
});
