import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launchChromium } from '../browser/engines/chromium.js';
import { runChaos } from './chaos/run.js';

/** Number of edits. A long run sets `CHAOS_EDITS=500`. */
const EDITS = Number(process.env['CHAOS_EDITS'] ?? 40);
/**
 * `CHAOS_SEED` repeats the edits of a run, apart from differences in timing. A long run takes a new seed each
 * time.
 */
const ANY = process.env['CHAOS_EDITS'] === undefined ? 1 : Math.floor(Math.random() * 1e9);
const SEED = Number(process.env['CHAOS_SEED'] ?? ANY);

test(
  `pages run the current files after ${EDITS} edits, cut sockets and killed servers`,
  { timeout: 1_800_000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'modcast-chaos-'));
    await mkdir(join(directory, 'site'));
    const browser = await launchChromium();
    try {
      const result = await runChaos({ browser, directory, seed: SEED, edits: EDITS });
      expect(result.wrong).toEqual([]);
      console.log(`CHAOS_SEED=${SEED}: ${result.summary}`);
    } catch (error) {
      throw new Error(`CHAOS_SEED=${SEED} CHAOS_EDITS=${EDITS}: ${String(error)}`, { cause: error });
    } finally {
      await browser.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
