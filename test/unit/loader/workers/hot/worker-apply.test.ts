import { beforeEach, expect, it, vi } from 'vitest';
import type { FromWorker } from '../../../../../loader/hot/workers/worker-messages.js';
import { WorkerApply } from '../../../../../loader/workers/hot/worker-apply.js';
import type { Release } from '../../../../../loader/transport/channel-client.js';
import type { Manifest } from '../../../../../schema/manifest.js';
import { manifestHash, manifestOf } from '../../fakes.js';
import { settle } from '../../hot/workers/fake-channel.js';

const releaseOf = (deploy: number, files: Record<string, string>): Release => {
  const manifest = manifestOf(files);
  return { deploy, hash: manifestHash(manifest), manifest, fusion: null };
};

const FIRST = releaseOf(1, { 'w.mjs': '1', 'data.json': '1' });
const NEXT = releaseOf(2, { 'w.mjs': '2', 'data.json': '1' });

let posted: FromWorker[];
let log: string[];
let reason: string | null;
let begins: boolean;
let starts: string[];
let loaded: string[];
let changed: string[];
let isPending: boolean;
let apply: WorkerApply;
let manifest: Manifest;

beforeEach(() => {
  [posted, log, reason, begins, starts, loaded] = [[], [], null, true, ['w'], []];
  [changed, isPending] = [['w'], false];
  manifest = FIRST.manifest;
  const records = {
    get site() {
      return { root: 'https://host/', manifest };
    },
    running: new Map([['w', { path: 'w.mjs' }]]),
    setManifest: (next: Manifest) => void (manifest = next),
    runsFile: (path: string) => path === 'w.mjs',
    isNewest: () => false,
    changed: () => changed,
  };
  apply = new WorkerApply({
    link: { post: (message: FromWorker) => posted.push(message) },
    records,
    instances: { evict: () => log.push('evict') },
    retries: {
      add: (urls: readonly string[]) => log.push(`retry ${urls.join()}`),
      get isPending() {
        return isPending;
      },
    },
    starts: { take: async () => starts, leaveToPage: () => log.push('left') },
    moduleUpdate: {
      decide: async () => ({ reason }),
      run: async (urls: readonly string[]) => log.push(`run ${urls.join()}`) > 0,
    },
    begin: async () => begins,
  } as unknown as ConstructorParameters<typeof WorkerApply>[0]);
  vi.spyOn(performance, 'getEntriesByType').mockImplementation(
    () => loaded.map((name) => ({ name, initiatorType: 'fetch', startTime: 1 })) as never,
  );
});

/** Asks about a release. @returns a promise that settles when the worker is done with it */
async function ask(update: number, release = NEXT): Promise<Promise<void>> {
  apply.ask(update, FIRST);
  const done = apply.run(release);
  await settle();
  return done;
}

const decided = (update: number, why: string | null) => ({
  type: 'decided',
  update,
  decision: { reason: why, files: ['w.mjs'] },
});

it('an update waits for the word of the page', async () => {
  const [done] = [ask(1)];
  await settle();
  expect([posted, log]).toEqual([[decided(1, null)], []]);
  apply.verdict(1, 'apply');
  await done;
  await settle();
  expect(log).toEqual(['run w', 'evict']);
  expect(posted.at(-1)).toEqual({ type: 'applied', update: 1, isOutdated: true });
  expect(apply.current).toBe(NEXT);
});

it('an update that no module accepts says why', async () => {
  reason = 'w.mjs: no module accepts the update';
  void ask(1);
  await settle();
  expect(posted).toEqual([decided(1, reason)]);
});

it('an update can be left to the application, or to a later one', async () => {
  void ask(1);
  await settle();
  apply.verdict(1, 'leave');
  await settle();
  expect(log).toEqual(['left', 'retry ']);
  void ask(2);
  await settle();
  apply.verdict(2, 'wait');
  await settle();
  expect(log.slice(2)).toEqual(['retry ']);
});

it('a newer question ends the wait for an older one', async () => {
  void ask(1);
  await settle();
  void ask(2);
  await settle();
  apply.verdict(1, 'apply');
  await settle();
  expect(log).toEqual(['retry ']);
  apply.verdict(2, 'apply');
  await settle();
  expect(log).toContain('run w');
});

it('a worker that does not know what it runs says so', async () => {
  begins = false;
  void ask(1);
  await settle();
  expect(posted).toMatchObject([{ decision: { reason: 'it is unknown what the worker runs' } }]);
  expect(log).toEqual([]);
});

it('a file that the worker has fetched needs a reload when it changes', async () => {
  loaded = ['https://host/data.json?v=1'];
  starts = [];
  void ask(1);
  await settle();
  expect(posted).toEqual([decided(1, null)]);
  apply.verdict(1, 'apply');
  await settle();
  void ask(2, releaseOf(3, { 'w.mjs': '2', 'data.json': '2' }));
  await settle();
  expect(posted.at(-1)).toEqual(
    decided(2, 'data.json changed, and the worker loads it without importing it'),
  );
});

it('a worker is outdated while an unchanged module has to be replaced', async () => {
  changed = [];
  for (const pending of [true, false]) {
    isPending = pending;
    void ask(1);
    await settle();
    apply.verdict(1, 'apply');
    await settle();
    expect(posted.at(-1)).toEqual({ type: 'applied', update: 1, isOutdated: pending });
  }
});

it('it tells so after an update that it asked for itself', async () => {
  [changed, isPending] = [[], true];
  await apply.run(NEXT);
  expect(posted).toEqual([{ type: 'outdated' }]);
});

it('an update that the worker asks for itself needs no word of the page', async () => {
  changed = [];
  await apply.run(NEXT);
  expect([log, posted]).toEqual([['run w', 'evict'], []]);
});
