import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../test262/command.js';
import type { EngineReport } from '../test262/report.js';
import { inEachEngine } from './engines/in-each-engine.js';

const SUITE = path.join(import.meta.dirname, '../fixtures/test262');

async function test262(...args: string[]) {
  let out = '';
  let progress = '';
  const code = await run(args, {
    write: (text) => void (out += text),
    progress: (text) => void (progress += text),
  });
  return { code, out, progress };
}

inEachEngine(({ name }) => {
  it('runs a suite natively and through modcast, and lists what differs', async () => {
    const { code, out, progress } = await test262('--suite', SUITE, '--engine', name, '--json');
    const { engines } = JSON.parse(out) as { engines: EngineReport[] };
    // Of 17 runs, four fail: those of fails.js, not-negative.js, async-fails.js and async-throws.js.
    expect(engines).toMatchObject([{ engine: name, runs: 17, passed: { native: 13, modcast: 12 } }]);
    expect(engines[0]!.differences).toEqual([
      {
        test: 'test/language/module-code/differs.js',
        mode: 'module',
        native: 'passes',
        modcast: expect.stringMatching(/^fails, reports Test262Error: the page has a loader/),
        known: null,
      },
    ]);
    expect(code).toBe(1);
    expect(progress).toBe(`${name}: 17 of 17\n`);
  });

  it('goes on after a test that hangs the browser', async () => {
    const suite = await mkdtemp(path.join(tmpdir(), 'modcast-hanging-suite-'));
    try {
      await cp(SUITE, suite, { recursive: true });
      const write = (file: string, source: string) =>
        writeFile(path.join(suite, 'test/language/module-code', file), source);
      await write('hanging-always.js', '/*---\nflags: [module]\n---*/\nfor (;;);\n');
      await write('hanging-later.js', '/*---\nflags: [module]\n---*/\n');
      const { code, out, progress } = await test262(
        ...['--suite', suite, '--engine', name, '--filter', 'hanging', '--timeout', '2', '--json'],
      );
      const { engines } = JSON.parse(out) as { engines: EngineReport[] };
      expect(engines).toMatchObject([{ runs: 2, passed: { native: 1, modcast: 1 }, differences: [] }]);
      expect(progress).toContain('test/language/module-code/hanging-always.js (module) hangs the browser');
      expect(code).toBe(0);
    } finally {
      await rm(suite, { recursive: true });
    }
  });
});

it('ends with 0 if nothing differs, and with 2 and its usage if it is called wrongly', async () => {
  const { code, out } = await test262('--suite', SUITE, '--engine', 'chromium', '--filter', 'nested');
  expect(out).toMatch(/Chromium: 4 runs in \d+ s: 3 pass natively, 3 through modcast; 0 differ/);
  expect(code).toBe(0);
  const wrong = await test262('--suite', '/no/such/suite');
  expect(wrong).toMatchObject({ code: 2, out: '' });
  expect(wrong.progress).toMatch(/^There is no directory \/no\/such\/suite\. Clone [^]*--filter <text>/);
});
