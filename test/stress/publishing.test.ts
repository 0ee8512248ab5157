import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { blake3 } from '../../registry/hash.js';
import { openSqliteStore } from '../../registry/store/sqlite.js';
import type { Store } from '../../registry/store/store.js';
import { temporaryDirectory } from '../unit/registry/store/temporary.js';
import { missingOfHead, publishRounds } from './publishers.js';

const inDirectory = temporaryDirectory();

const PUBLISHERS = 8;
/** Number of deploys per publisher. A long run sets `STRESS_DEPLOYS=200`. */
const ROUNDS = Number(process.env['STRESS_DEPLOYS'] ?? 24);

/**
 * Collects repeatedly, like the process of a collector. Keeps all deploys, so it deletes only unused blobs.
 */
async function collectUntil(
  ended: () => boolean,
  store: Store,
): Promise<{ rounds: number; missing: string[] }> {
  const missing: string[] = [];
  let rounds = 0;
  let steps = 0;
  // Lets the publishers run within a round too, but not at every step, or there would be few rounds.
  const pause = async () => void (++steps % 5 === 0 && (await setImmediate()));
  for (; !ended(); rounds++) {
    await store.collect({ keep: 1_000_000, olderThan: 0, now: Date.now(), dryRun: false, pause });
    missing.push(...(await missingOfHead(store)));
    await setImmediate();
  }
  return { rounds, missing };
}

/** @param open opens the store of a publisher */
async function race(open: (file: string) => Promise<Store>) {
  const file = inDirectory('modcast.db');
  const collector = await openSqliteStore(file);
  const stores = await Promise.all(Array.from({ length: PUBLISHERS }, () => open(file)));
  let ended = false;
  const collecting = collectUntil(() => ended, collector);
  try {
    const results = await Promise.allSettled(stores.map((store, i) => publishRounds(store, i, ROUNDS)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const outcomes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    ended = true;
    const deploys = await collector.deploys({ limit: 1_000_000 });
    return { outcomes, deploys, ...(await collecting), problems: await collector.check(blake3) };
  } finally {
    ended = true;
    await collecting;
    await Promise.all([...stores, collector].map((store) => store.close()));
  }
}

test(
  'publishers on one channel make one sequence of deploys, while a collector runs',
  { timeout: 600_000 },
  async () => {
    const { outcomes, deploys, rounds, missing, problems } = await race(openSqliteStore);
    const line = deploys.toReversed();
    expect(line).toHaveLength(PUBLISHERS * ROUNDS);
    expect(line.map(({ parent }) => parent)).toEqual([
      null,
      ...line.slice(0, -1).map(({ number }) => number),
    ]);
    const accepted = outcomes.flatMap((outcome) => outcome.accepted);
    expect(accepted.toSorted((a, b) => a.number - b.number)).toEqual(line);
    expect(outcomes.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);
    expect(rounds).toBeGreaterThan(3);
    expect(missing).toEqual([]);
    expect(problems).toEqual([]);
  },
);

test('without leases the collector deletes blobs of a running publish', { timeout: 600_000 }, async () => {
  const unleased = async (file: string): Promise<Store> => ({
    ...(await openSqliteStore(file)),
    lease: async () => {},
  });
  await expect(race(unleased)).rejects.toMatchObject({ code: 'blob-missing' });
});
