import { beforeEach, describe, expect, it } from 'vitest';
import { wrapWorkers } from '../../../../loader/workers/wrap-workers.js';

const HASH = 'ab'.repeat(32);

/** A scope with workers that only keep what they were made of. */
function scopeOf() {
  class FakeWorker extends EventTarget {
    readonly given: unknown[];

    constructor(...given: unknown[]) {
      super();
      this.given = given;
    }
  }
  class FakeWorklet {
    readonly added: unknown[][] = [];

    addModule(...given: unknown[]): void {
      this.added.push(given);
    }
  }
  class FakeSharedWorker extends FakeWorker {}
  const events = new EventTarget();
  const addEventListener = events.addEventListener.bind(events);
  return {
    events,
    addEventListener,
    Worker: FakeWorker,
    SharedWorker: FakeSharedWorker,
    Worklet: FakeWorklet,
  };
}

let scope: ReturnType<typeof scopeOf>;

beforeEach(() => {
  scope = scopeOf();
  wrapWorkers(scope as unknown as typeof globalThis, {
    base: () => 'https://site.test/app/',
    workerUrl: (url) => (url.startsWith('https://site.test/') ? `${url}?modcast=${HASH}` : url),
  });
});

describe('a worker', () => {
  it.each([
    ['a relative URL', './w.mjs', `https://site.test/app/w.mjs?modcast=${HASH}`],
    ['a URL object', new URL('https://site.test/w.mjs'), `https://site.test/w.mjs?modcast=${HASH}`],
    ['another origin', 'https://other.test/w.mjs', 'https://other.test/w.mjs'],
    ['no URL', 'https://[', 'https://['],
  ])('of a module starts in the deploy: %s', (_, given, expected) => {
    const options = { type: 'module', name: 'x' } as const;
    expect(new scope.Worker(given, options).given).toEqual([expected, options]);
  });

  it('that is classic starts as it is', () => {
    expect(new scope.Worker('w.js').given).toEqual(['w.js']);
    expect(new scope.SharedWorker('w.js', 'name').given).toEqual(['w.js', 'name']);
  });

  it('reads what it is given once, as a browser does', () => {
    const read: string[] = [];
    const url = {
      toString() {
        read.push('url');
        return 'w.mjs';
      },
    };
    const options = {
      get credentials() {
        read.push('credentials');
        return 'omit';
      },
      get name() {
        read.push('name');
        return 'x';
      },
      get type() {
        read.push('type');
        return { toString: () => 'module' };
      },
    };
    const { given } = new scope.Worker(url, options);
    expect(given[0]).toBe(`https://site.test/app/w.mjs?modcast=${HASH}`);
    const { credentials, name, type } = given[1] as Record<string, unknown>;
    expect([credentials, name, type]).toEqual(['omit', 'x', 'module']);
    expect(read).toEqual(['url', 'credentials', 'name', 'type']);
  });

  it('starts classically from the text of what it is given', () => {
    let texts = 0;
    const url = { toString: () => `w${++texts}.js` };
    expect(new scope.Worker(url).given).toEqual(['w1.js']);
  });

  it('that a policy blocks is reported with its natural URL', () => {
    const event = Object.assign(new Event('securitypolicyviolation'), {
      blockedURI: `https://site.test/w.mjs?q&modcast=${HASH}`,
    });
    scope.events.dispatchEvent(event);
    expect(event.blockedURI).toBe('https://site.test/w.mjs?q');
  });

  it('can be subclassed, and is an instance of both', () => {
    class Own extends scope.Worker {}
    const own = new Own('w.mjs', { type: 'module' });
    expect(own).toBeInstanceOf(Own);
    expect(own).toBeInstanceOf(scope.Worker);
    expect(Object.getPrototypeOf(Own.prototype).constructor).toBe(scope.Worker);
  });

  it('names natural URLs in its errors, for all listeners', () => {
    const worker = new scope.Worker('w.mjs', { type: 'module' });
    const event = Object.assign(new Event('error'), {
      message: `Error: at https://site.test/w.mjs?v=1&modcast=${HASH}:1`,
      filename: `https://site.test/w.mjs?modcast=${HASH}`,
    });
    const seen: unknown[] = [];
    worker.addEventListener('error', (error) => {
      const { message, filename } = error as ErrorEvent;
      seen.push(message, filename);
    });
    worker.dispatchEvent(event);
    expect(seen).toEqual(['Error: at https://site.test/w.mjs?v=1:1', 'https://site.test/w.mjs']);
  });
});

it('a worker and a worklet can be watched when they start, and get another name', () => {
  const starts: unknown[] = [];
  const made: unknown[] = [];
  const watched = scopeOf();
  wrapWorkers(watched as unknown as typeof globalThis, {
    base: () => 'https://site.test/',
    workerUrl: (url) => `${url}?moved`,
    starting(start) {
      starts.push(start);
      const other = start.isModule ? { options: { ...(start.options as object), name: 'other' } } : {};
      return { ...other, started: (worker) => made.push(worker) };
    },
  });
  const options = { type: 'module', name: 'own' } as const;
  const worker = new watched.Worker('w.mjs', options);
  const classic = new watched.SharedWorker('c.js', 'name');
  new watched.Worklet().addModule('p.mjs');
  const at = (file: string, isMoved = true) => ({
    url: `https://site.test/${file}`,
    target: `https://site.test/${file}${isMoved ? '?moved' : ''}`,
  });
  expect(starts).toEqual([
    { kind: 'Worker', isModule: true, options, ...at('w.mjs') },
    { kind: 'SharedWorker', isModule: false, options: 'name', ...at('c.js', false) },
    { kind: 'Worklet', isModule: true, options: undefined, ...at('p.mjs') },
  ]);
  expect(made).toEqual([worker, classic]);
  const given = worker.given[1] as WorkerOptions;
  expect([given.type, given.name, options.name]).toEqual(['module', 'other', 'own']);
  expect(classic.given).toEqual(['c.js', 'name']);
});

it('a worklet adds modules of the deploy', () => {
  const worklet = new scope.Worklet();
  worklet.addModule('paint.mjs', { credentials: 'omit' });
  expect(worklet.added).toEqual([
    [`https://site.test/app/paint.mjs?modcast=${HASH}`, { credentials: 'omit' }],
  ]);
});
