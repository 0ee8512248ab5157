import { beforeEach, expect, it } from 'vitest';
import { watchWorkers } from '../../../../../loader/hot/workers/watch-workers.js';
import { readName, type StartedWorker } from '../../../../../loader/hot/workers/worker-messages.js';

const HASH = 'ab'.repeat(32);

function scopeOf() {
  class FakeWorker extends EventTarget {
    ended = false;

    constructor(
      readonly url: unknown,
      readonly options?: WorkerOptions | string,
    ) {
      super();
    }

    terminate(): void {
      this.ended = true;
    }
  }
  class FakeSharedWorker extends EventTarget {
    constructor(
      readonly url: unknown,
      readonly options?: WorkerOptions | string,
    ) {
      super();
    }
  }
  class FakeWorklet {
    addModule(): void {}
  }
  const addEventListener = () => {};
  return { addEventListener, Worker: FakeWorker, SharedWorker: FakeSharedWorker, Worklet: FakeWorklet };
}

let scope: ReturnType<typeof scopeOf>;
let started: StartedWorker[];
let ended: string[];
let failed: string[];

beforeEach(() => {
  scope = scopeOf();
  [started, ended, failed] = [[], [], []];
  watchWorkers(scope as unknown as typeof globalThis, {
    base: () => 'https://site.test/app/',
    workerUrl: (url) => (url.startsWith('https://site.test/') ? `${url}?modcast=${HASH}` : url),
    started: (worker) => started.push(worker),
    ended: (id) => ended.push(id),
    failed: (id) => failed.push(id),
  });
});

it('a module worker learns its identifier by its name, and keeps its other options', () => {
  class Options {
    get type() {
      return 'module' as const;
    }
    credentials = 'omit' as const;
    name = 'stage';
  }
  const worker = new scope.Worker('w.mjs', new Options());
  const options = worker.options as WorkerOptions;
  const [{ id, ...rest }] = started as [StartedWorker];
  expect(readName(options.name!)).toEqual({ name: 'stage', id });
  expect([options.type, options.credentials]).toEqual(['module', 'omit']);
  const url = 'https://site.test/app/w.mjs';
  const target = `${url}?modcast=${HASH}`;
  expect(rest).toEqual({ kind: 'Worker', isModule: true, url, target, name: 'stage', speaks: true });
});

it('a worker that runs no module of the deploy keeps its name', () => {
  const classic = new scope.Worker('c.js', { name: 'classic' });
  const other = new scope.Worker('https://other.test/w.mjs', { type: 'module', name: 'other' });
  expect([classic.options, other.options]).toEqual([{ name: 'classic' }, { type: 'module', name: 'other' }]);
  expect(started.map(({ speaks }) => speaks)).toEqual([false, false]);
});

it('all pages know a shared worker by its address and name, which stays', () => {
  const worker = new scope.SharedWorker('s.mjs', { type: 'module', name: 'one' });
  expect(worker.options).toEqual({ type: 'module', name: 'one' });
  new scope.SharedWorker('s.mjs', { type: 'module', name: 'one' });
  new scope.SharedWorker('s.mjs', { type: 'module', name: 'two' });
  const ids = started.map(({ id }) => id);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[0]).not.toBe(ids[2]);
});

it('a worklet says nothing', () => {
  new scope.Worklet().addModule.call(new scope.Worklet(), ...(['p.mjs'] as unknown as []));
  expect(started).toMatchObject([{ kind: 'Worklet', url: 'https://site.test/app/p.mjs', speaks: false }]);
});

it('a worker that is terminated has ended, with or without a name', () => {
  for (const options of [{ type: 'module' } as const, {}]) {
    const worker = new scope.Worker('w.mjs', options);
    worker.terminate();
    expect(worker.ended).toBe(true);
  }
  expect(ended).toEqual(started.map(({ id }) => id));
});

it('a worker that fails is named', () => {
  new scope.Worker('w.mjs', { type: 'module' }).dispatchEvent(new Event('error'));
  new scope.SharedWorker('s.mjs').dispatchEvent(new Event('error'));
  expect(failed).toEqual(started.map(({ id }) => id));
});
