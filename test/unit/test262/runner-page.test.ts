import { describe, expect, it } from 'vitest';
import type { BrowserPage, Engine, OpenBrowser } from '../../browser/engines/engine.js';
import { RunnerPage } from '../../test262/runner-page.js';
import type { Scenario } from '../../test262/suite.js';
import { pageOf } from '../../test262/test-page.js';
import type { Seen } from '../../test262/verdict.js';

const passed: Seen = { printed: null, errors: [], imported: 'fulfilled' };

const neverHangs = () => expect.unreachable();

const scenarioOf = (name: string): Scenario => ({
  file: `test/x/${name}.js`,
  mode: 'module',
  flags: ['module'],
  includes: [],
  negative: null,
});

/** Browsers that do not answer any more once they have run a page whose name contains `hangs`. */
class FakeEngine implements Pick<Engine, 'launch'> {
  readonly calls: number[] = [];
  launched = 0;
  closed = 0;
  /** Pages that post nothing, by how often they still do. */
  readonly late = new Map<string, number>();

  launch(): Promise<OpenBrowser> {
    this.launched++;
    let isHung = false;
    const answer = (): Promise<void> => (isHung ? Promise.reject(new Error('no answer')) : Promise.resolve());
    const page = {
      timeout: 0,
      goto: answer,
      evaluate: async (_run: unknown, { pages }: { pages: readonly string[] }) => {
        this.calls.push(pages.length);
        isHung ||= pages.some((one) => one.includes('hangs'));
        await answer();
        return pages.map((one) => this.#seenOf(one));
      },
    };
    return Promise.resolve({
      newPage: () => Promise.resolve(page as unknown as BrowserPage),
      newContext: () => Promise.reject(new Error('not used')),
      close: () => {
        this.closed++;
        return isHung ? Promise.reject(new Error('no answer')) : Promise.resolve();
      },
    });
  }

  #seenOf(page: string): Seen {
    const left = this.late.get(page) ?? 0;
    this.late.set(page, left - 1);
    return left > 0 ? null : passed;
  }
}

describe('the page of the tests', () => {
  it('runs them in batches', async () => {
    const engine = new FakeEngine();
    const page = new RunnerPage(engine, 1000, neverHangs);
    const scenarios = Array.from({ length: 70 }, (_, at) => scenarioOf(`${at}`));
    expect(await page.run('http://site/', scenarios)).toEqual(scenarios.map(() => passed));
    expect(engine.calls).toEqual([30, 30, 10]);
    await page.close();
    expect(engine).toMatchObject({ launched: 1, closed: 1 });
  });

  it('gives a test that has not ended the browser for itself, once', async () => {
    const engine = new FakeEngine();
    engine.late.set(`/${pageOf(scenarioOf('late'))}`, 1);
    engine.late.set(`/${pageOf(scenarioOf('never'))}`, 2);
    const page = new RunnerPage(engine, 1000, neverHangs);
    const seen = await page.run('http://site/', ['late', 'never', 'c'].map(scenarioOf));
    expect(seen).toEqual([passed, null, passed]);
    expect(engine.calls).toEqual([3, 1, 1]);
  });

  it('goes on in a new browser after a test that hangs it, and says which one does', async () => {
    const engine = new FakeEngine();
    const hung: string[] = [];
    const page = new RunnerPage(engine, 1000, ({ file }) => hung.push(file));
    const seen = await page.run('http://site/', ['a', 'hangs', 'b', 'hangs-too', 'c'].map(scenarioOf));
    expect(seen).toEqual([passed, 'hangs', passed, 'hangs', passed]);
    expect(engine.calls).toEqual([5, 1, 1, 1, 1, 1]);
    expect(hung).toEqual(['test/x/hangs.js', 'test/x/hangs-too.js']);
    expect(await page.run('http://other/', [scenarioOf('d')])).toEqual([passed]);
    await page.close();
    expect(engine).toMatchObject({ launched: 4, closed: 4 });
  });

  it('fails if a new browser does not open the page either', async () => {
    const failing = { launch: () => Promise.reject(new Error('no browser')) };
    await expect(
      new RunnerPage(failing, 1000, neverHangs).run('http://site/', [scenarioOf('a')]),
    ).rejects.toThrow('no browser');
  });
});
