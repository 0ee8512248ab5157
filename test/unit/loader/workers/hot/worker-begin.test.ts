import { beforeEach, expect, it } from 'vitest';
import {
  createBegin,
  type Begin,
  type BeginOptions,
} from '../../../../../loader/workers/hot/worker-begin.js';
import type { Release } from '../../../../../loader/transport/channel-client.js';
import type { Hash } from '../../../../../schema/hash.js';
import { manifestHash, manifestOf } from '../../fakes.js';

const manifest = manifestOf({ 'w.mjs': '', 'a.mjs': '' });
const FIRST: Release = { deploy: 1, hash: manifestHash(manifest), manifest, fusion: null };

let ports: { targets: 'blob' | 'http'; channelClient: BeginOptions['ports']['channelClient'] };
let log: string[];
/** Blobs that are missing, after each request. */
let missing: string[][];
let permits: boolean;
let imported: string[];
let running: Set<string>;
let begin: Begin;

beforeEach(() => {
  [log, missing, permits, imported] = [[], [[]], true, ['w']];
  running = new Set(['w']);
  const need = async (hashes: Iterable<Hash>) => void log.push(`need ${[...hashes].join()}`);
  ports = { targets: 'blob', channelClient: { need, head: undefined, complete: undefined } };
  begin = createBegin({
    ports,
    permitsBlobs: async () => permits,
    records: {
      running,
      setManifest: () => {},
      recordEntries: (urls: readonly string[]) => {
        log.push(`record ${urls.join()}`);
        return new Set(missing.shift());
      },
      leaveToBrowser: (url: string) => log.push(`left ${url}`),
    },
    imports: {
      entry: 'w',
      get all() {
        return imported;
      },
    },
    pending: { identify: () => log.push('identified') },
    entries: { begin: (urls: readonly string[]) => log.push(`entries ${urls.join()}`) },
    deploy: { release: { manifest } },
    importTargets: { begin: () => {} },
    ran: async () => {},
  } as unknown as BeginOptions);
});

it('requests what is unknown of the modules that run, until all is known', async () => {
  missing = [['1', '2'], ['3'], []];
  expect(await begin(FIRST)).toBe(true);
  expect(log).toEqual(['record w', 'need 1,2', 'record w', 'need 3', 'record w', 'identified', 'entries w']);
  expect(begin.isDone).toBe(true);
  expect(await begin(FIRST)).toBe(true);
  expect(log).toHaveLength(7);
});

it('includes what the worker imports meanwhile, and remembers what it could not import', async () => {
  missing = [['1'], []];
  const begun = begin(FIRST);
  imported = ['w', 'late', 'missing'];
  running.add('late');
  await begun;
  expect(log).toContain('record w,late,missing');
  expect(log).toContain('left missing');
  expect(log).not.toContain('left late');
});

it('gives up while the page does not get what is missing, and tries again', async () => {
  missing = [['1'], ['1'], []];
  expect(await begin(FIRST)).toBe(false);
  expect(begin.isDone).toBe(false);
  expect(await begin(FIRST)).toBe(true);
});

it('replaces no modules where the policy forbids it', async () => {
  permits = false;
  await begin(FIRST);
  expect(ports.targets).toBe('http');
});
