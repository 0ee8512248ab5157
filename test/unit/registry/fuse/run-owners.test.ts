import { describe, expect, it, vi } from 'vitest';
import type { SentFusion } from '../../../../registry/content/shipment.js';
import { RunOwners } from '../../../../registry/fuse/run-owners.js';
import type { Deploy } from '../../../../registry/store/store.js';
import type { FusedRun, Hash, Manifest } from '../../../../schema/index.js';

const hash = (digit: string): Hash => digit.repeat(64);

const deploy = (number: number): Deploy =>
  ({ number, channel: 'production', manifest: hash(`${number}`) }) as unknown as Deploy;

/** The fusion of a deploy, with one run. */
const fusionOf = ({ number, manifest }: Deploy): SentFusion => ({
  fusion: { manifest, runs: [{ name: `run-${number}`, hash: hash('abcdef'[number]!) } as FusedRun] },
  hash: hash('fedcba'[number]!),
  size: 1,
});

const MANIFEST = { modules: new Map([['a.mjs', {}]]) } as unknown as Manifest;

/** A process that has started when deploys 1 and 2 were stored, and has kept nothing of them. */
function restarted() {
  const stored = [deploy(1), deploy(2)];
  const owners = new RunOwners();
  const finished = vi.fn(async (manifest: Hash) => {
    const found = stored.find((one) => one.manifest === manifest);
    return found && owners.keep(fusionOf(found));
  });
  const source = {
    finished,
    async byHash(of: Hash) {
      const found = stored.find((one) => fusionOf(one).hash === of);
      return owners.fusion(of) ?? (found && owners.keep(fusionOf(found)));
    },
  };
  const past = {
    ofManifest: async (manifest: Hash) => stored.find((one) => one.manifest === manifest) ?? null,
    recent: async () => stored.toReversed(),
  };
  owners.follow({ manifest: async () => MANIFEST }, past);
  return { finished, of: (of: Hash) => owners.of(of, source) };
}

describe('a page that runs an older deploy, after a restart of the server', () => {
  it('gets runs that no newer deploy has', async () => {
    const { of } = restarted();
    const [run] = fusionOf(deploy(1)).fusion.runs;
    expect(await of(run!.hash!)).toMatchObject({ deploy: { number: 1 }, name: 'run-1' });
  });

  it('gets what leads to the modules of its fusion', async () => {
    const { of, finished } = restarted();
    expect(await of(fusionOf(deploy(1)).hash)).toMatchObject({ deploy: { number: 1 }, name: '' });
    expect(finished).not.toHaveBeenCalled();
  });

  it('gets runs as its own, where a newer deploy that is not public has them too', async () => {
    const owners = new RunOwners();
    owners.follow({ manifest: async () => MANIFEST }, undefined);
    const shared = fusionOf(deploy(1)).fusion.runs[0]!;
    for (const number of [1, 2]) {
      owners.remember(deploy(number));
      const fusion = fusionOf(deploy(number));
      owners.keep({ ...fusion, fusion: { ...fusion.fusion, runs: [shared] } });
    }
    const nothing = { byHash: async () => undefined, finished: async () => undefined };
    const of = (isPublic: (number: number) => boolean) =>
      owners.of(shared.hash!, nothing, async ({ number }) => isPublic(number));
    expect(await of((number) => number === 1)).toMatchObject({ deploy: { number: 1 } });
    expect(await of(() => true)).toMatchObject({ deploy: { number: 2 } });
    expect(await of(() => false)).toMatchObject({ deploy: { number: 2 } });
  });

  it('is not a reason to read all fusions again for each unknown hash', async () => {
    const { of, finished } = restarted();
    for (let i = 0; i < 3; i++) expect(await of(hash('0'))).toBeUndefined();
    expect(finished).toHaveBeenCalledTimes(2);
  });
});

describe('a page that stays connected', () => {
  it('gets its runs after any number of deploys, until it is gone', async () => {
    const owners = new RunOwners();
    owners.follow({ manifest: async () => MANIFEST }, undefined);
    const nothing = { byHash: async () => undefined, finished: async () => undefined };
    const fused = owners.keep(fusionOf(deploy(1)));
    const leave = [owners.hold(deploy(1), fused), owners.hold(deploy(1), fused)];
    for (let n = 100; n < 200; n++) {
      const manifest = `${n}`.padEnd(64, '0');
      owners.remember({ ...deploy(2), manifest });
      owners.keep({ ...fused, hash: manifest, fusion: { manifest, runs: [] } });
    }
    const found = () => owners.of(fused.fusion.runs[0]!.hash!, nothing);
    expect(await found()).toMatchObject({ deploy: { number: 1 }, name: 'run-1' });
    expect(owners.fusion(fused.hash)).toBe(fused);
    expect((await owners.all(nothing))[0]).toBe(fused.hash);
    leave[0]!();
    expect(await found()).toBeDefined();
    leave[1]!();
    expect(await found()).toBeUndefined();
  });
});
