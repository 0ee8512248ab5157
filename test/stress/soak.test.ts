import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launchChromium } from '../browser/engines/chromium.js';
import { megabytes, runSoak, thirds } from './chaos/soak.js';

/** Seconds. `npm run soak` sets `SOAK_SECONDS=900`. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 5);

/** A run of some seconds is too short to tell whether memory is flat. */
const IS_LONG = SECONDS >= 300;

/** What the memory may grow from the second third of a long run to the last. */
const MOST_GROWTH = 20 * 1024 * 1024;

test(
  `each page is newest, and memory is flat, for ${SECONDS} seconds of saves, cut sockets and collections`,
  { timeout: (SECONDS + 600) * 1000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'modcast-soak-'));
    await mkdir(join(directory, 'site'));
    const browser = await launchChromium();
    const print = (line: string) => process.stdout.write(`soak: ${line}\n`);
    try {
      const result = await runSoak({ browser, directory, seed: 1, seconds: SECONDS, print });
      const [first, second, last] = thirds(result.memory) as [number, number, number];
      print(`${result.summary}; every page was newest at each check`);
      print(`memory by thirds of the run: ${[first, second, last].map(megabytes).join(', ')}`);
      expect(result.wrong).toEqual([]);
      if (IS_LONG) expect(last - second).toBeLessThanOrEqual(MOST_GROWTH);
    } finally {
      await browser.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
