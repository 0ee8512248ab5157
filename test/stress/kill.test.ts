import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';
import { blake3 } from '../../registry/hash.js';
import { openSqliteStore } from '../../registry/store/sqlite.js';
import { temporaryDirectory } from '../unit/registry/store/temporary.js';

const inDirectory = temporaryDirectory();

/** Number of kills. A long run sets `STRESS_KILLS=200`. */
const KILLS = Number(process.env['STRESS_KILLS'] ?? 8);

interface Step {
  readonly step: 'planned' | 'put' | 'committed';
  readonly number?: number;
  readonly manifest?: string;
}

/**
 * Lets a publisher take `steps` steps and kills it during the next one.
 * @returns the deploys that it reported
 */
async function publishAndKill(file: string, start: number, steps: number): Promise<Step[]> {
  const child = fork(path.join(import.meta.dirname, 'publisher.mjs'), [file, String(start)]);
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const reported: Step[] = [];
  let left = steps;
  child.on('message', (step: Step) => {
    if (step.step === 'committed') reported.push(step);
    if (--left === 0) child.kill('SIGKILL');
  });
  const [, signal] = await exited;
  expect(signal).toBe('SIGKILL');
  return reported;
}

test(
  'a killed publisher leaves an intact store with everything that it reported',
  { timeout: 900_000 },
  async () => {
    const file = inDirectory('modcast.db');
    const reported: Step[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      reported.push(...(await publishAndKill(file, kill * 1000 + 1, 1 + Math.floor(Math.random() * 14))));
      const store = await openSqliteStore(file);
      expect(await store.check(blake3)).toEqual([]);
      for (const { number, manifest } of reported) {
        expect(await store.deploy(number!)).toMatchObject({ number, manifest, channel: 'production' });
      }
      let after: number | null = 0;
      while (after !== null) {
        const page = await store.verifyPage(after, 1000);
        for (const { hash, bytes } of page.blobs) expect(blake3(bytes)).toBe(hash);
        after = page.next;
      }
      await store.close();
    }
    expect(reported.length).toBeGreaterThan(KILLS / 4);
  },
);
