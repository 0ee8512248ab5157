import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../registry/store/sqlite.js';
import { openRepairSource, verifyStore, type Verified } from '../../registry/verify/index.js';
import { ModcastError } from '../../schema/index.js';
import { temporaryDirectory } from '../unit/registry/store/temporary.js';
import { answersOf, questionsOf, type Answers } from './bit-flips/answers.js';
import { fillDatabase } from './bit-flips/content.js';
import { Random } from './chaos/random.js';

const at = temporaryDirectory();

/** Number of flips. A long run sets `STRESS_FLIPS=1000`, another one `STRESS_SEED`. */
const FLIPS = Number(process.env['STRESS_FLIPS'] ?? 60);
const SEED = Number(process.env['STRESS_SEED'] ?? 8);

/** Null: the database cannot be opened, which says that it is damaged. */
async function verify(file: string, repairFrom?: string): Promise<Verified | null> {
  try {
    const store = await openSqliteStore(file, { create: false });
    const source = repairFrom === undefined ? null : await openRepairSource(repairFrom);
    try {
      return await verifyStore({ store, source, database: file });
    } finally {
      await source?.close();
      await store.close();
    }
  } catch (error) {
    if (error instanceof ModcastError) return null;
    throw error;
  }
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
  await writeFile(file, bytes);
}

test(
  'every changed bit that matters is reported, never served, and repaired',
  { timeout: 1_800_000 },
  async () => {
    const random = new Random(SEED);
    await fillDatabase(at('right.db'), random);
    const right = await readFile(at('right.db'));
    const questions = await questionsOf(at('right.db'), 'none');
    const expected = (await answersOf(at('right.db'), questions))!;
    expect(await verify(at('right.db'))).toMatchObject({ sound: true });

    const counts = { flips: 0, observable: 0, refused: 0, reported: 0, repaired: 0, schema: 0 };
    const wrong: string[] = [];
    for (let flip = 0; flip < FLIPS; flip++) {
      const bit = random.below(right.length * 8);
      const name = `bit ${bit & 7} of byte ${bit >> 3} (page ${(bit >> 15) + 1})`;
      const flipped = Buffer.from(right);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await write(at('a.db'), flipped);
      const answers = await answersOf(at('a.db'), questions);
      const different = [...expected].filter(([question, answer]) => answers?.get(question) !== answer);
      const served = different.filter(([question]) => (answers?.get(question) ?? null) !== null);
      for (const [question] of served) wrong.push(`${name}: wrong answer to ${question}`);

      await write(at('a.db'), flipped);
      const verified = await verify(at('a.db'));
      const isReported = verified?.sound !== true;
      if (different.length > 0 && !isReported) wrong.push(`${name}: not reported: ${different[0]![0]}`);

      let isRepaired = false;
      if (isReported && answers !== null) {
        await write(at('a.db'), flipped);
        const repaired = await verify(at('a.db'), at('right.db'));
        isRepaired = repaired?.sound === true && equal(await answersOf(at('a.db'), questions), expected);
      }
      if (answers === null) counts.schema++;
      else if (!isRepaired && isReported) wrong.push(`${name}: not repaired: ${verified?.problems[0] ?? ''}`);

      counts.flips++;
      if (different.length > 0) counts.observable++;
      if (different.length > 0 && served.length === 0) counts.refused++;
      if (different.length > 0 && isReported) counts.reported++;
      if (different.length > 0 && isRepaired) counts.repaired++;
    }
    console.log(`bit flips, seed ${SEED}:`, counts);
    expect(wrong).toEqual([]);
  },
);

const equal = (a: Answers | null, b: Answers): boolean =>
  a !== null && [...b].every(([question, answer]) => a.get(question) === answer);
