import { describe, expect, it } from 'vitest';
import type { Head } from '../../../../registry/content/catalog.js';
import type { FuseControl, FusedDeploy, Fuser } from '../../../../registry/fuse/fuser.js';
import { Fusions } from '../../../../registry/fuse/fusions.js';
import { blake3 } from '../../../../registry/hash.js';
import { EMPTY_MANIFEST } from '../../../../schema/index.js';
import { FakeClock } from '../fake-clock.js';

const hashOf = (text: string) => blake3(new TextEncoder().encode(text));

function headOf(name: string, channel = 'dev', number = 1): Head {
  const deploy = { channel, number, manifest: hashOf(name) } as unknown as Head['deploy'];
  return { deploy, manifest: EMPTY_MANIFEST };
}

function fusedOf({ deploy }: Head, isJoined: boolean): FusedDeploy {
  const run = { name: 'main.mjs', hash: isJoined ? hashOf('run') : null, digest: null, size: 1, members: [] };
  const runs = [{ ...run, runs: [], modules: [], dynamic: [] }];
  const bytes = new TextEncoder().encode(`${deploy.manifest} ${isJoined}`);
  const fusion = { manifest: deploy.manifest, runs, exports: new Map(), roots: [], order: new Map() };
  return { fusion, bytes, hash: blake3(bytes), singles: new Map() };
}

const turn = async () => {
  for (let at = 0; at < 20; at++) await Promise.resolve();
};

/** A fuser whose steps the test takes. */
function setUp(watched: string | null = 'dev') {
  const clock = new FakeClock();
  const log: string[] = [];
  const errors: unknown[] = [];
  const names = new Map<string, string>();
  let step: (() => void) | undefined;
  const nameOf = ({ deploy }: Head) => names.get(deploy.manifest)!;
  const fuser = {
    async fuse(head: Head, control?: FuseControl) {
      const { isOld, pause } = control!;
      log.push(`fuse ${nameOf(head)}`);
      for (let run = 1; run <= 2; run++) {
        await pause();
        if (isOld()) return null;
        log.push(`join ${nameOf(head)} ${run}`);
        await new Promise<void>((resolve) => (step = resolve));
      }
      if (nameOf(head) === 'broken') throw new Error('broken');
      return isOld() ? null : fusedOf(head, true);
    },
    async plan(head: Head) {
      log.push(`plan ${nameOf(head)}`);
      return fusedOf(head, false);
    },
  };
  const onError = (error: unknown) => void errors.push(error);
  const nothing = async () => undefined;
  const store = {
    fusion: nothing,
    fusionByHash: nothing,
    replace: async () => {},
    forgetLost: async () => {},
  };
  const derived = { read: nothing, keep() {} };
  const steps = { ...fuser, sourceMap: nothing } as unknown as Fuser;
  const fusions = new Fusions({ fuser: steps, store, derived, clock, watched, onError, joins: true });
  let listener!: (head: Head) => void;
  fusions.follow({
    onHead: (given) => ((listener = given), () => {}),
    manifest: async () => EMPTY_MANIFEST,
    head: async () => null,
  });
  const heads = new Map<string, Head>();
  const head = (name: string, channel?: string) => {
    const found = heads.get(name) ?? headOf(name, channel);
    heads.set(name, found);
    names.set(found.deploy.manifest, name);
    return found;
  };
  return {
    clock,
    log,
    errors,
    fusions,
    head,
    move: (name: string, channel?: string) => listener(head(name, channel)),
    /** Ends the step that runs. */
    async step() {
      await turn();
      step?.();
      step = undefined;
      await turn();
    },
    async calm() {
      clock.advance(10_000);
      await turn();
    },
  };
}

describe('of rapid saves', () => {
  it('only the newest is fused, after the step that runs', async () => {
    const { log, move, step, calm } = setUp();
    move('one');
    await calm();
    for (const name of ['two', 'three', 'four']) move(name);
    await calm();
    await step();
    await calm();
    await step();
    await step();
    expect(log).toEqual(['fuse one', 'join one 1', 'fuse four', 'join four 1', 'join four 2']);
  });

  it('one that returns to an earlier deploy is fused nevertheless', async () => {
    const { log, move, step, calm, fusions, head } = setUp();
    move('one');
    await calm();
    move('two');
    move('one');
    await calm();
    await step();
    await step();
    expect(log).toEqual(['fuse one', 'join one 1', 'join one 2']);
    expect(await fusions.soon(head('one'))).not.toBeNull();
  });
});

describe('on the channel of a watched directory', () => {
  it('nothing is fused while the first page boots', async () => {
    const { log, clock, fusions, move, step } = setUp();
    move('one');
    const booted = fusions.boots('dev');
    clock.advance(5_000);
    await turn();
    expect(log).toEqual([]);
    booted();
    await turn();
    await step();
    expect(log).toEqual(['fuse one', 'join one 1', 'join one 2']);
  });

  it('a page does not wait for the plan of a site of which nothing is joined', async () => {
    const { log, fusions, head, move } = setUp();
    move('one');
    expect(await fusions.soon(head('one'))).toBeNull();
    expect(log).not.toContain('plan one');
  });

  it('a page that loads just after a save gets the plan', async () => {
    const { log, fusions, head, move, step, calm } = setUp();
    move('one');
    await calm();
    await step();
    await step();
    move('two');
    const soon = await fusions.soon(head('two'));
    expect(soon?.fusion.manifest).toBe(head('two').deploy.manifest);
    expect(log.at(-1)).toBe('plan two');
  });

  it('a caller that needs all runs waits for no page', async () => {
    const { fusions, head, move, step } = setUp();
    move('one');
    fusions.boots('dev');
    const whole = fusions.whole(head('one'));
    await step();
    await step();
    expect((await whole)?.fusion.runs[0]!.hash).not.toBeNull();
  });
});

it('fuses an older deploy for a caller that asked for it', async () => {
  const { fusions, head, log, move, step } = setUp(null);
  move('one', 'production');
  const whole = fusions.whole(head('one'));
  move('two', 'production');
  for (let at = 0; at < 4; at++) await step();
  expect(await whole).not.toBeNull();
  expect(log).toEqual(['fuse one', 'join one 1', 'join one 2', 'fuse two', 'join two 1', 'join two 2']);
});

it('reports a failure, and goes on with the next deploy', async () => {
  const { fusions, head, log, errors, move, step } = setUp(null);
  move('broken', 'production');
  const whole = fusions.whole(head('broken'));
  await step();
  await step();
  expect(await whole).toBeNull();
  expect(errors).toHaveLength(1);
  move('two', 'production');
  await step();
  expect(log).toContain('join two 1');
});
