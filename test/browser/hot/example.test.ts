import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { serveModcast, type Served } from './served.js';

const EXAMPLE = fileURLToPath(new URL('../../../examples/orrery', import.meta.url));

/** What the example's page adds to the console. */
interface Orrery {
  readonly stage: { readonly piece: unknown; readonly clock: { day: number; running: boolean } };
}

inEachEngine(({ launch }) => {
  let directory: string;
  let served: Served;
  let browser: OpenBrowser;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'modcast-example-'));
    await cp(EXAMPLE, directory, { recursive: true });
    served = await serveModcast(directory);
    browser = await launch();
  }, 60_000);

  afterEach(async () => {
    await browser.close();
    await served.close();
    await rm(directory, { recursive: true });
  });

  it(
    'the example replaces a saved drawing in the running page and keeps the date',
    { timeout: 120_000 },
    async () => {
      const page = await browser.newPage();
      await page.goto(served.url);
      await page.until(() => document.querySelector('body.ready') !== null);
      const before = await page.evaluate(() => {
        const { stage } = (globalThis as unknown as { orrery: Orrery }).orrery;
        stage.clock.running = false;
        stage.clock.day += 1000;
        Object.assign(globalThis, { firstPiece: stage.piece });
        return stage.clock.day;
      });

      const file = path.join(directory, 'draw/sun.mjs');
      await writeFile(file, (await readFile(file, 'utf8')).replace('const REACH = 2.4;', 'const REACH = 9;'));
      const after = await page.until(() => {
        const { orrery, firstPiece } = globalThis as unknown as { orrery?: Orrery; firstPiece: unknown };
        return orrery && orrery.stage.piece !== firstPiece && [orrery.stage.clock.day, typeof firstPiece];
      });
      // A reload would have lost both.
      expect(after).toEqual([before, 'object']);
    },
  );
});
