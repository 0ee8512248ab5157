import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.js';
import { selectEngines } from '../engines/selection.js';
import { serveModcast } from '../serve-modcast.js';
import { serveNative } from '../serve-native.js';
import type { EngineDifferences } from './differences/difference.js';
import { FixtureRunner, fixtureNames, type Observations } from './harness.js';
import { runNatively } from './native-runs.js';

/**
 * Defines a test for each fixture: it behaves through modcast as it does natively in the same engine, apart
 * from the known differences.
 */
export function parityIn(engine: Engine, differences: EngineDifferences): void {
  describe.runIf(selectEngines().engines.includes(engine))(`${engine.name}:`, () => {
    defineParity(engine, differences);
  });
}

function defineParity(engine: Engine, { known, unfinished, open }: EngineDifferences): void {
  const names = fixtureNames();
  const listed = [...Object.keys(known), ...Object.keys(unfinished), ...open];
  let runner: FixtureRunner;

  beforeAll(async () => {
    runner = await FixtureRunner.launch(engine);
  });

  afterAll(() => runner.close());

  const both = (name: string): Promise<[native: Observations, ours: Observations]> =>
    Promise.all([runNatively(engine.name, runner, name), runner.run(serveModcast, name)]);

  describe.concurrent.each(names.filter((name) => !listed.includes(name)))('%s', (name) => {
    it('runs through modcast as it runs natively', async () => {
      const [native, ours] = await both(name);
      expect(ours).toEqual(native);
    });
  });

  describe.concurrent.each(Object.entries(known))('%s', (name, { reason, same, varies }) => {
    it(`differs only in that ${reason}`, async ({ task }) => {
      task.meta.knownDifference = reason;
      const [native, ours] = await both(name);
      expect(same(ours)).toEqual(same(native));
      // A difference that is gone is to go from the list.
      if (varies !== true) expect(ours).not.toEqual(native);
    });
  });

  describe.concurrent.each(Object.entries(unfinished))('%s', (name, difference) => {
    const { reason, stopped, varies } = difference;
    const isOver = (now: Observations) => stopped(now) || now.log.includes('done');
    it(`does not finish natively because ${reason}, and has no other errors through modcast`, async ({
      task,
    }) => {
      const native = await runner.runUntil(serveNative, name, varies ? isOver : stopped);
      if (varies !== true) expect(native.log).not.toContain('done');
      const ours = await runner.runUntil(serveModcast, name, isOver);
      if (JSON.stringify(ours) !== JSON.stringify(native)) task.meta.knownDifference = reason;
      const errors = ({ errors, rejections }: Observations) => [...errors, ...rejections];
      expect(errors(native)).toEqual(expect.arrayContaining(errors(ours)));
    });
  });

  describe.concurrent.each(open)('%s', (name) => {
    it('still differs', async ({ task }) => {
      task.meta.openDifference = true;
      const [native, ours] = await both(name).catch((error: unknown) => [null, error]);
      expect(ours).not.toEqual(native);
    });
  });

  it('lists each fixture once, and none that is gone', () => {
    expect(listed.filter((name, index) => !names.includes(name) || listed.indexOf(name) !== index)).toEqual(
      [],
    );
  });
}
