import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDelta, manifestToJson, type Manifest } from '../../schema/index.js';
import type { Store } from '../../registry/store/store.js';
import { blobOf, deployOf, moduleOf } from './store-fixture.js';
import { StoreModel } from './store-model.js';

const CHANNELS = ['dev', 'production'] as const;
const PATHS = ['a.mjs', 'lib/b.mjs', '__proto__', 'lib/__proto__/constructor', 'größe/日本/🦀.mjs', '%2e#?'];
const TEXTS = ['', 'export default 1', 'export default 2', 'import "./a.mjs"'];
const TYPES = ['text/javascript', 'application/json'];
const IMPORT_MAPS = [null, { imports: { x: '/x.mjs' } }, JSON.parse('{"imports":{"__proto__":"/p.mjs"}}')];

interface Step {
  readonly channel: (typeof CHANNELS)[number];
  /** Null: the path goes. */
  readonly edits: readonly (readonly [path: string, module: readonly [text: string, type: string] | null])[];
  readonly entries: readonly string[];
  readonly importMap: Manifest['importMap'];
  /** Starts from another deploy's manifest, as a rollback or a promotion does: 0 the newest, 1 the one before. */
  readonly from: number | null;
}

const step: fc.Arbitrary<Step> = fc.record({
  channel: fc.constantFrom(...CHANNELS),
  edits: fc.array(
    fc.tuple(
      fc.constantFrom(...PATHS),
      fc.option(fc.tuple(fc.constantFrom(...TEXTS), fc.constantFrom(...TYPES)), { freq: 3, nil: null }),
    ),
    { maxLength: 3 },
  ),
  entries: fc.subarray(PATHS, { maxLength: 2 }),
  importMap: fc.constantFrom(...IMPORT_MAPS),
  from: fc.option(fc.nat({ max: 3 }), { freq: 2 }),
});

function nextManifest(model: StoreModel, { channel, edits, entries, importMap, from }: Step): Manifest {
  const base = from === null ? model.head(channel) : (model.deploys.at(-1 - from)?.deploy ?? null);
  const modules = new Map(base === null ? [] : model.manifest(base.number).modules);
  for (const [path, module] of edits) {
    if (module === null) modules.delete(path);
    else modules.set(path, moduleOf(...module));
  }
  return { modules, entries, importMap };
}

async function expectModel(store: Store, model: StoreModel): Promise<void> {
  const newest = model.deploys.map(({ deploy }) => deploy).toReversed();
  const used = CHANNELS.filter((channel) => model.head(channel) !== null);
  expect(await store.channels()).toEqual(used);
  expect(await store.deploys()).toEqual(newest);
  expect(await store.deploys({ before: newest.length, limit: 2 })).toEqual(newest.slice(1, 3));
  expect(await store.deploy(newest.length + 1)).toBeNull();
  expect(await store.manifest(newest.length + 1)).toBeNull();

  for (const { deploy, manifest } of model.deploys) {
    expect(await store.deploy(deploy.number)).toEqual(deploy);
    const found = await store.manifest(deploy.number);
    expect(manifestToJson(found!)).toEqual(manifestToJson(manifest));
    for (const other of [1, deploy.number - 1, newest.length].filter((number) => number > 0)) {
      for (const [from, to] of [[other, deploy.number] as const, [deploy.number, other] as const]) {
        const delta = await store.delta(from, to);
        const reached = applyDelta(model.manifest(from), delta);
        expect(manifestToJson(reached)).toEqual(manifestToJson(model.manifest(to)));
        const differing = delta.set.filter(([path, hash, , type]) => {
          const old = model.manifest(from).modules.get(path);
          return old?.hash !== hash || old.type !== type;
        });
        expect(delta.set).toEqual(differing);
      }
    }
  }

  for (const channel of CHANNELS) {
    const own = model.of(channel);
    expect(await store.head(channel)).toEqual(own.at(-1) ?? null);
    expect(await store.deploys({ channel, limit: 3 })).toEqual(own.toReversed().slice(0, 3));
    for (const { manifest } of newest) {
      const holder = own.findLast((deploy) => deploy.manifest === manifest) ?? null;
      expect(await store.deployOfManifest(channel, manifest)).toEqual(holder);
    }
    const paths = model.pathsOf(channel);
    const hashes = TEXTS.map((text) => moduleOf(text).hash);
    expect(await store.visible(channel, hashes)).toEqual(new Set(paths.keys()));
    for (const hash of hashes) {
      const path = await store.pathOf(channel, hash);
      expect(paths.get(hash) ?? [null]).toContain(path);
    }
  }
}

/** Random deploys on two channels, each followed by every question that the model can answer. */
export function storeProperties(fresh: () => Promise<{ store: Store; dispose: () => Promise<void> }>): void {
  test('any sequence of deploys reads back as whole manifests kept side by side', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const { store, dispose } = await fresh();
        try {
          const model = new StoreModel();
          await store.putBlobs(TEXTS.map((text) => blobOf(text)));
          for (const [i, next] of steps.entries()) {
            const manifest = nextManifest(model, next);
            const head = model.head(next.channel);
            const deploy = deployOf(manifest, {
              channel: next.channel,
              expected: head?.number ?? null,
              time: 1000 + i,
            });
            expect(await store.commit(deploy)).toEqual(model.commit(deploy));
            await expectModel(store, model);
          }
        } finally {
          await dispose();
        }
      }),
      { numRuns: 25 },
    );
  });
}
