import { beforeEach, describe, expect, it, vi } from 'vitest';
import { lexModule } from '../../../../../importmap/index.js';
import type { HotError } from '../../../../../loader/hot/api.js';
import { PageWorkers } from '../../../../../loader/hot/workers/page-workers.js';
import { readName, type Decision } from '../../../../../loader/hot/workers/worker-messages.js';
import type { Release } from '../../../../../loader/transport/channel-client.js';
import type { Hash } from '../../../../../schema/hash.js';
import { FakeClock, manifestHash, manifestOf } from '../../fakes.js';
import { FakeWorkerEnd, listenersOf, settle, stubChannels } from './fake-channel.js';

const ROOT = 'https://host/';
const SILENCE_MS = 3000;

const texts = new Map<Hash, string>();
let number = 0;

function releaseOf(files: Record<string, string>): Release {
  const manifest = manifestOf(files);
  for (const [path, text] of Object.entries(files)) texts.set(manifest.modules.get(path)!.hash, text);
  return { deploy: ++number, hash: manifestHash(manifest), manifest, fusion: null };
}

const FILES = {
  'main.mjs': '',
  'w.mjs': "import './dep.mjs'; import('./lazy.mjs');",
  'dep.mjs': '1;',
  'lazy.mjs': '1;',
  'other.mjs': '1;',
  'classic.js': 'importScripts(name);',
};

let release: Release;
let clock: FakeClock;
let workers: PageWorkers;
let log: string[];
let errors: Map<string | null, readonly HotError[]>;
let scope: { Worker: new (url: string, options?: WorkerOptions) => Worker; Worklet: new () => Worklet };
/** Modules that do not parse, by path. */
let unparsed: string[];
/** Whether blobs of modules have not arrived. */
let isAway: boolean;

beforeEach(() => {
  stubChannels();
  vi.stubGlobal('location', { origin: 'https://host' });
  vi.stubGlobal('document', Object.create({ baseURI: ROOT }));
  release = releaseOf(FILES);
  clock = new FakeClock();
  [log, errors, unparsed, isAway] = [[], new Map(), [], false];
  class FakeWorker extends EventTarget {
    constructor(
      readonly url: string,
      readonly options?: WorkerOptions,
    ) {
      super();
    }
    terminate() {}
  }
  class FakeWorklet {
    addModule() {}
  }
  const addEventListener = () => {};
  scope = { addEventListener, Worker: FakeWorker, Worklet: FakeWorklet } as unknown as typeof scope;
  const blobOf = (hash: Hash) => {
    if (isAway) return undefined;
    const bytes = Buffer.from(texts.get(hash)!);
    return { bytes, links: lexModule(bytes) };
  };
  workers = new PageWorkers({
    ports: {
      config: { root: ROOT, prefix: `${ROOT}-/`, workers: true },
      blobPool: { get: blobOf, has: () => true },
      channelClient: { need: async () => {}, needClosure: async () => {} },
      outbox: { send: (message: unknown) => log.push(JSON.stringify(message)) },
      after: clock.after,
    },
    records: {
      runsFile: (path: string) => path === 'main.mjs',
      isUnparsed: ({ path }: { path: string }) => unparsed.includes(path),
      site: { root: ROOT, manifest: release.manifest },
    },
    problems: {
      setErrors: (of: readonly HotError[], worker: string | null) => void errors.set(worker, of),
      refresh: () => log.push('refreshed'),
    },
    release: () => release,
    reload: (reason: string) => log.push(`reload: ${reason}`),
    retry: () => log.push('retry'),
  } as unknown as ConstructorParameters<typeof PageWorkers>[0]);
  workers.watch(scope as unknown as typeof globalThis);
});

/** Starts a module worker that greets the page, and decides as it is told. */
async function start(decide: (path: string) => Partial<Decision> | undefined, name = '') {
  const worker = new scope.Worker('w.mjs', { type: 'module', name }) as Worker & { options: WorkerOptions };
  const id = readName(worker.options.name!).id!;
  const end = new FakeWorkerEnd(id, (message) => {
    if (message.type !== 'update') return;
    const decision = decide(message.release.hash);
    if (decision !== undefined)
      end.say({
        type: 'decided',
        update: message.update,
        decision: { reason: null, files: [], ...decision },
      });
  });
  end.say({ type: 'hello', imported: [] });
  await settle();
  return { worker, end, id };
}

const save = (files: Record<string, string>) => releaseOf({ ...FILES, ...files });
const reasonsOf = async (next: Release) => (await workers.ask(next)).map(({ reason }) => reason);
const typesOf = ({ received }: FakeWorkerEnd) => received.map(({ type }) => type);

describe('a worker that replaces modules', () => {
  it('is asked about a release, and told what becomes of it', async () => {
    const { end } = await start(() => ({}));
    const next = save({ 'dep.mjs': '2;' });
    expect(await reasonsOf(next)).toEqual([]);
    workers.tell(next, 'apply');
    await settle();
    expect(end.received.at(-1)).toEqual({ type: 'verdict', update: 1, verdict: 'apply' });
    let isIdle = false;
    void workers.idle().then(() => (isIdle = true));
    await settle();
    expect(isIdle).toBe(false);
    end.say({ type: 'applied', update: 1, isOutdated: false });
    await settle();
    expect(isIdle).toBe(true);
  });

  it('is asked when it greets about a file that was deleted while it started', async () => {
    const worker = new scope.Worker('w.mjs', { type: 'module' }) as Worker & { options: WorkerOptions };
    const end = new FakeWorkerEnd(readName(worker.options.name!).id!, () => {});
    const { 'dep.mjs': _, ...left } = FILES;
    const next = releaseOf(left);
    expect(await reasonsOf(next)).toEqual([]);
    workers.tell(next, 'apply');
    expect(log).toEqual([]);
    end.say({ type: 'hello', imported: [] });
    await settle();
    expect(log).toEqual(['retry']);
    void workers.ask(next);
    await settle();
    expect(typesOf(end)).toEqual(['update']);
    end.say({ type: 'hello', imported: [] });
    await settle();
    expect(log).toEqual(['retry']);
  });

  it('is not asked about a release that it has taken in', async () => {
    const { end } = await start(() => ({}));
    expect(await reasonsOf(release)).toEqual([]);
    const next = save({ 'dep.mjs': '2;' });
    await workers.ask(next);
    workers.tell(next, 'apply');
    await workers.ask(next);
    await settle();
    expect(typesOf(end)).toEqual(['update', 'verdict']);
  });

  it('is asked again when an update has failed, though no file differs', async () => {
    const { end } = await start(() => ({}));
    const next = save({ 'dep.mjs': '2;' });
    await workers.ask(next);
    workers.tell(next, 'apply');
    end.say({ type: 'applied', update: 1, isOutdated: true });
    await settle();
    await workers.ask(next);
    expect(typesOf(end)).toEqual(['update', 'verdict', 'update']);
  });

  it('is asked again when it says that it is outdated', async () => {
    const { end } = await start(() => ({}));
    await workers.ask(release);
    expect(typesOf(end)).toEqual([]);
    end.say({ type: 'outdated' });
    await settle();
    await workers.ask(release);
    expect(typesOf(end)).toEqual(['update']);
  });

  it('is not waited for when a newer update has taken the place of one', async () => {
    const { end } = await start(() => ({}));
    for (const version of [2, 3]) {
      const next = save({ 'dep.mjs': `${version};` });
      await workers.ask(next);
      workers.tell(next, 'apply');
    }
    end.say({ type: 'applied', update: 2, isOutdated: false });
    await workers.idle();
    expect(typesOf(end)).toEqual(['update', 'verdict', 'update', 'verdict']);
  });

  it('waits when none of its modules accepts, while the others apply', async () => {
    const refusing = await start(() => ({ reason: 'no module accepts' }), 'one');
    const accepting = await start(() => ({}), 'two');
    const next = save({ 'dep.mjs': '2;' });
    const unaccepted = await workers.ask(next);
    expect(unaccepted).toEqual([
      {
        worker: { kind: 'worker', url: `${ROOT}w.mjs`, name: 'one' },
        reason: 'worker w.mjs "one": no module accepts',
      },
    ]);
    workers.tell(next, 'apply');
    await settle();
    expect(refusing.end.received.at(-1)).toMatchObject({ verdict: 'wait' });
    expect(accepting.end.received.at(-1)).toMatchObject({ verdict: 'apply' });
    // Nothing has changed since, but it has not taken the release in.
    expect(await reasonsOf(next)).toHaveLength(1);
  });

  it('counts as one that accepts nothing while it does not answer, and is not waited for again', async () => {
    await start(() => undefined);
    const next = save({ 'dep.mjs': '2;' });
    const asked = reasonsOf(next);
    await settle();
    clock.advance(SILENCE_MS);
    expect(await asked).toEqual(['dep.mjs changed, and worker w.mjs does not answer']);
    expect(await reasonsOf(save({ 'other.mjs': '2;' }))).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('may take longer while it says something', async () => {
    const { end } = await start(() => undefined);
    const asked = reasonsOf(save({ 'dep.mjs': '2;' }));
    await settle();
    end.say({ type: 'need', hashes: [], closure: true });
    await settle();
    clock.advance(SILENCE_MS);
    end.say({ type: 'decided', update: 1, decision: { reason: null, files: [] } });
    expect(await asked).toEqual([]);
  });

  it('gets the blobs that it needs', async () => {
    const { end } = await start(() => undefined);
    const { hash } = release.manifest.modules.get('dep.mjs')!;
    end.say({ type: 'need', hashes: [hash], closure: false });
    await settle();
    expect(end.received.at(-1)).toMatchObject({
      type: 'blobs',
      blobs: [[hash, { bytes: Buffer.from('1;') }]],
    });
  });

  it('is forgotten when it ends, with its errors', async () => {
    const { worker, end, id } = await start(() => ({ reason: 'never' }));
    end.say({ type: 'errors', errors: [{ message: 'x', stack: 'x' }] });
    await settle();
    expect(errors.get(id)).toHaveLength(1);
    worker.terminate();
    expect(errors.get(id)).toEqual([]);
    expect(await reasonsOf(save({ 'dep.mjs': '2;' }))).toEqual([]);
    expect(listenersOf(id)).toBe(1);
  });

  it('asks for a reload, and sends messages of the application', async () => {
    const { end } = await start(() => undefined);
    end.say({ type: 'reload', reason: 'a cycle' });
    end.say({ type: 'send', topic: 'tune', data: 440 });
    await settle();
    expect(log).toEqual(['reload: worker w.mjs: a cycle', '{"type":"message","topic":"tune","data":440}']);
  });

  it('tells which files it runs', async () => {
    await start(() => ({ files: ['w.mjs', 'pieces/a.mjs'] }));
    await workers.ask(save({ 'dep.mjs': '2;' }));
    expect([workers.runsFile('pieces/a.mjs'), workers.runsFile('dep.mjs')]).toEqual([true, false]);
  });
});

describe('a worker of a worker', () => {
  const nested = (target: string) => ({
    kind: 'Worker' as const,
    isModule: true,
    url: `${ROOT}w.mjs`,
    target,
    name: '',
    id: 'nested',
    speaks: true,
  });

  it('takes part, from the release that it has started from', async () => {
    const first = release;
    const { end } = await start(() => ({}));
    const inner = new FakeWorkerEnd('nested', (message) => {
      if (message.type === 'greet') inner.say({ type: 'hello', imported: [] });
    });
    end.say({ type: 'started', worker: nested(`${ROOT}w.mjs?modcast=${first.hash}`) });
    release = save({ 'other.mjs': '2;' });
    await settle();
    void workers.ask(save({ 'dep.mjs': '2;' }));
    await settle();
    expect(inner.received.at(-1)).toMatchObject({ type: 'update', first: { hash: first.hash } });
  });

  it('ends with it', async () => {
    const { worker, end } = await start(() => ({}));
    end.say({ type: 'started', worker: nested(`${ROOT}w.mjs?modcast=${release.hash}`) });
    await settle();
    expect(listenersOf('nested')).toBe(1);
    worker.terminate();
    expect(listenersOf('nested')).toBe(0);
  });

  it('replaces nothing when its release is unknown', async () => {
    const { end } = await start(() => ({}));
    end.say({ type: 'started', worker: nested(`${ROOT}w.mjs?modcast=${'ab'.repeat(32)}`) });
    await settle();
    expect(listenersOf('nested')).toBe(0);
    expect(await reasonsOf(save({ 'dep.mjs': '2;' }))).toEqual([
      'dep.mjs changed, and worker w.mjs cannot replace it',
    ]);
  });
});

describe('a worker that has an error', () => {
  it('could not start if it has not greeted', () => {
    const worker = new scope.Worker('w.mjs', { type: 'module' });
    expect(workers.hasFailed).toBe(false);
    worker.dispatchEvent(new Event('error'));
    expect(workers.hasFailed).toBe(true);
    worker.terminate();
    expect(workers.hasFailed).toBe(false);
  });

  it('has started if it has greeted', async () => {
    const { worker } = await start(() => ({}));
    worker.dispatchEvent(new Event('error'));
    expect(workers.hasFailed).toBe(false);
  });
});

describe('a worker that says nothing', () => {
  it('may run what its modules can import', async () => {
    new scope.Worker('w.mjs', { type: 'module' });
    expect(await reasonsOf(save({ 'other.mjs': '2;' }))).toEqual([]);
    const because = (path: string) => [`${path} changed, and worker w.mjs cannot replace it`];
    expect(await reasonsOf(save({ 'dep.mjs': '2;' }))).toEqual(because('dep.mjs'));
    expect(await reasonsOf(save({ 'lazy.mjs': '2;' }))).toEqual(because('lazy.mjs'));
  });

  it('goes on while the new version does not parse, or is deleted', async () => {
    new scope.Worker('w.mjs', { type: 'module' });
    unparsed = ['dep.mjs'];
    expect(await reasonsOf(save({ 'dep.mjs': 'export const = 2;' }))).toEqual([]);
    const { 'dep.mjs': _, ...rest } = FILES;
    expect(await reasonsOf(releaseOf(rest))).toEqual([]);
  });

  it('starts once the file is there that it imports', async () => {
    release = releaseOf({ ...FILES, 'lacks.mjs': "import './gone.mjs';" });
    new scope.Worker('lacks.mjs', { type: 'module' });
    const next = releaseOf({ ...FILES, 'lacks.mjs': "import './gone.mjs';", 'gone.mjs': '' });
    expect(await reasonsOf(next)).toEqual(['gone.mjs changed, and worker lacks.mjs cannot replace it']);
  });

  it('may run any script while the server is away, and only until its modules are known', async () => {
    new scope.Worker('w.mjs', { type: 'module' });
    isAway = true;
    // Asked before an update.
    expect(workers.runsFile('dep.mjs')).toBe(false);
    await settle();
    expect(await reasonsOf(save({ 'other.mjs': '2;' }))).toEqual([
      'other.mjs changed, and worker w.mjs cannot replace it',
    ]);
    isAway = false;
    expect(await reasonsOf(save({ 'other.mjs': '2;' }))).toEqual([]);
    expect(await reasonsOf(save({ 'dep.mjs': '2;' }))).toEqual([
      'dep.mjs changed, and worker w.mjs cannot replace it',
    ]);
  });

  it('is a worklet, whose literal import() calls cannot run', async () => {
    Reflect.apply(scope.Worklet.prototype.addModule, new scope.Worklet(), ['w.mjs']);
    expect(await reasonsOf(save({ 'lazy.mjs': '2;' }))).toEqual([]);
    expect(await reasonsOf(save({ 'dep.mjs': '2;' }))).toEqual([
      'dep.mjs changed, and worklet w.mjs cannot replace it',
    ]);
  });

  it('is a classic one, which may import any script that the page does not run', async () => {
    new scope.Worker('classic.js');
    expect(await reasonsOf(save({ 'main.mjs': '2;' }))).toEqual([]);
    expect(await reasonsOf(save({ 'other.mjs': '2;' }))).toEqual([
      'other.mjs changed, and worker classic.js cannot replace it',
    ]);
  });

  it('is known to run a file once that has been found out', async () => {
    new scope.Worker('w.mjs', { type: 'module' });
    expect(workers.runsFile('dep.mjs')).toBe(false);
    await settle();
    expect(log).toContain('refreshed');
    expect(workers.runsFile('dep.mjs')).toBe(true);
  });
});
