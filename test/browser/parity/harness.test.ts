import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inEachEngine } from '../engines/in-each-engine.js';
import { serveNative } from '../serve-native.js';
import { FixtureRunner, fixtureNames, type Observations } from './harness.js';

/** Any fixture with its page at the root: the servers below put a page of their own in its place. */
const FIXTURE = 'order-diamonds';

inEachEngine((engine) => {
  let runner: FixtureRunner;
  let dir: string;

  beforeAll(async () => {
    runner = await FixtureRunner.launch(engine);
    dir = await mkdtemp(join(tmpdir(), 'parity-'));
  });

  afterAll(async () => {
    await runner.close();
    await rm(dir, { recursive: true });
  });

  const serve = () => serveNative(dir);

  async function run(page: string, deadline?: number): Promise<Observations> {
    await writeFile(join(dir, 'index.html'), page);
    return runner.run(serve, FIXTURE, deadline);
  }

  describe('a runner of fixtures', () => {
    it('has fixtures to run', () => {
      expect(fixtureNames()).toContain(FIXTURE);
    });

    it('collects the log, uncaught errors, failed elements, rejections and console calls, without the origin', async () => {
      const observations = await run(`<script>
      globalThis.log = [location.href, location.host];
      addEventListener('unhandledrejection', () => log.push('done'));
      console.warn('a warning', location.href);
      console.log('a message');
    </script>
    <script src="missing.js"></script>
    <script>
      Promise.reject(new TypeError('nobody handles it'));
      throw new RangeError(location.origin);
    </script>`);
      expect(observations).toEqual({
        log: ['https://site/', 'site', 'done'],
        errors: [
          { element: 'script', source: 'missing.js' },
          {
            // Each engine writes something else in front, and counts columns in its own way.
            message: expect.stringMatching(/RangeError: https:\/\/site$/),
            filename: 'https://site/',
            lineno: 10,
            colno: expect.any(Number),
            name: 'RangeError',
          },
        ],
        rejections: [{ name: 'TypeError', message: 'nobody handles it' }],
        console: ['warning: a warning https://site/'],
      });
    });

    it('ends with globalThis.finished where nothing pushes done', async () => {
      const { log } = await run(`<script>
      globalThis.log = ['started'];
      globalThis.finished = Promise.reject(new Error('settled is enough'));
      finished.catch(() => log.push('settled'));
    </script>`);
      expect(log).toEqual(['started', 'settled']);
    });

    it('tells what was seen so far when a page does not finish', async () => {
      await expect(run(`<script>globalThis.log = ['the last entry'];</script>`, 2_000)).rejects.toThrow(
        /did not finish within 2000 ms[^]*the last entry/,
      );
    });

    it('observes a page that does not finish until what is waited for has happened', async () => {
      await writeFile(
        join(dir, 'index.html'),
        `<script>globalThis.log = []; setTimeout(() => { log.push('late'); throw new Error('not done'); });</script>`,
      );
      const stopped = ({ errors }: Observations) => errors.length > 0;
      const observations = await runner.runUntil(serve, FIXTURE, stopped);
      expect(observations.log).toEqual(['late']);
      const never = runner.runUntil(serve, FIXTURE, () => false, 2_000);
      await expect(never).rejects.toThrow(/has not happened[^]*not done/);
    });

    it('fails a page that logs nothing', async () => {
      const page = `<script>globalThis.log = []; globalThis.finished = Promise.resolve();</script>`;
      await expect(run(page)).rejects.toThrow('logged nothing');
    });

    it('fails a page without a log', async () => {
      await expect(run('<p>not a fixture</p>')).rejects.toThrow('defines no globalThis.log');
    });
  });
});
