import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import type { FuseJob } from '../../../registry/fuse/fuse-jobs.js';
import { blake3 } from '../../../registry/hash.js';
import { JobWorker, type JobWorkerOptions } from '../../../registry/job-worker.js';

/** The built file: no process of its own loads TypeScript. */
const BUILT = pathToFileURL(path.resolve(import.meta.dirname, '../../../dist/registry/fuse/fuse-worker.js'));

const SOURCE = new TextEncoder().encode('export const a = 1;');
const JOB: FuseJob = { kind: 'read', sources: [[blake3(SOURCE), SOURCE]], records: [] };
const RESULT = { records: [[blake3(SOURCE), expect.any(Uint8Array)]] };

const workers: JobWorker<FuseJob>[] = [];
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.close())));

function open(options: JobWorkerOptions, file = BUILT): JobWorker<FuseJob> {
  const worker = new JobWorker<FuseJob>(file, options);
  workers.push(worker);
  return worker;
}

it.each(['thread', 'process'] as const)('ends when idle, and starts again: a %s', async (kind) => {
  let ended!: () => void;
  const end = new Promise<void>((resolve) => (ended = resolve));
  const worker = open({ kind, idle: 1, onEnd: ended });
  expect(await worker.run(JOB)).toEqual(RESULT);
  await end;
  expect(await worker.run(JOB)).toEqual(RESULT);
  expect(worker.isAbsent).toBe(false);
});

it('counts as absent where its file is not there', () => {
  expect(open({ kind: 'process' }, new URL('file:///no/such/file.js')).isAbsent).toBe(true);
});
