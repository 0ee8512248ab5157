import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.js';
import { SitePlanner } from '../../../registry/fuse/site-planner.js';
import { FUSE } from '../fused-mode.js';
import { selectEngines } from '../engines/selection.js';
import { serveFused } from '../serve-fused.js';
import { serveModcast } from '../serve-modcast.js';
import { serveNative } from '../serve-native.js';
import type { ServeSite } from '../serve-site.js';
import type { EngineDifferences } from './differences/difference.js';
import { FixtureRunner, fixtureNames, type Observations } from './harness.js';
import { runNatively } from './native-runs.js';

/**
 * Defines a test for each fixture: it behaves through modcast as it does natively in the same engine, apart
 * from the known differences.
 */
export function parityIn(engine: Engine, differences: EngineDifferences): void {
  describe.runIf(selectEngines().engines.includes(engine))(`${engine.name}:`, () => {
    defineParity(engine, differences, () => serveModcast);
  });
}

/**
 * The same with runs of joined modules. Fixtures that join into no run are skipped: they are as
 * without fusing.
 */
export function fusedParityIn(engine: Engine, differences: EngineDifferences): void {
  describe.runIf(FUSE && selectEngines().engines.includes(engine))(`${engine.name}, fused:`, () => {
    // A fixture has few modules: each one that can be joined is, also alone.
    const { minMembers } = SitePlanner;
    beforeAll(() => void (SitePlanner.minMembers = 1));
    afterAll(() => void (SitePlanner.minMembers = minMembers));
    defineParity(engine, differences, (skip) => async (dir) => {
      const site = await serveFused(dir);
      if (site.runs > 0) return site;
      await site.close();
      return skip('joins into no run');
    });
  });
}

/** @param serveOurs makes what serves a fixture through modcast, or skips its test */
function defineParity(
  engine: Engine,
  { known, unfinished, open }: EngineDifferences,
  serveOurs: (skip: (note: string) => never) => ServeSite,
): void {
  const names = fixtureNames();
  const listed = [...Object.keys(known), ...Object.keys(unfinished), ...open];
  let runner: FixtureRunner;

  beforeAll(async () => {
    runner = await FixtureRunner.launch(engine);
  });

  afterAll(() => runner.close());

  const both = (
    name: string,
    skip: (note: string) => never,
  ): Promise<[native: Observations, ours: Observations]> =>
    Promise.all([runNatively(engine.name, runner, name), runner.run(serveOurs(skip), name)]);

  describe.concurrent.each(names.filter((name) => !listed.includes(name)))('%s', (name) => {
    it('runs through modcast as it runs natively', async ({ skip }) => {
      const [native, ours] = await both(name, skip);
      expect(ours).toEqual(native);
    });
  });

  describe.concurrent.each(Object.entries(known))('%s', (name, { reason, same, varies }) => {
    it(`differs only in that ${reason}`, async ({ task, skip }) => {
      const [native, ours] = await both(name, skip);
      task.meta.knownDifference = reason;
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
      skip,
    }) => {
      const native = await runner.runUntil(serveNative, name, varies ? isOver : stopped);
      if (varies !== true) expect(native.log).not.toContain('done');
      const ours = await runner.runUntil(serveOurs(skip), name, isOver);
      if (JSON.stringify(ours) !== JSON.stringify(native)) task.meta.knownDifference = reason;
      const errors = ({ errors, rejections }: Observations) => [...errors, ...rejections];
      expect(errors(native)).toEqual(expect.arrayContaining(errors(ours)));
    });
  });

  describe.concurrent.each(open)('%s', (name) => {
    it('still differs', async ({ task, skip }) => {
      task.meta.openDifference = true;
      const [native, ours] = await both(name, skip).catch((error: unknown) => [null, error]);
      expect(ours).not.toEqual(native);
    });
  });

  it('lists each fixture once, and none that is gone', () => {
    expect(listed.filter((name, index) => !names.includes(name) || listed.indexOf(name) !== index)).toEqual(
      [],
    );
  });
}
