import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDelta, manifestToJson, type Manifest } from '../../schema/index.js';
import type { Store } from '../../registry/store/store.js';
import { blobOf, deployOf, hashOf, moduleOf } from './store-fixture.js';
import { StoreModel } from './store-model.js';

const CHANNELS = ['dev', 'production'] as const;
const PATHS = ['a.mjs', 'lib/b.mjs', '__proto__', 'lib/__proto__/constructor', 'größe/日本/🦀.mjs', '%2e#?'];
const TAGS = ['v1', 'v2'] as const;
const TEXTS = ['', 'export default 1', 'export default 2', 'import "./a.mjs"'];
const TYPES = ['text/javascript', 'application/json'];
const IMPORT_MAPS = [null, { imports: { x: '/x.mjs' } }, JSON.parse('{"imports":{"__proto__":"/p.mjs"}}')];

interface Publish {
  readonly kind: 'publish';
  readonly channel: (typeof CHANNELS)[number];
  readonly time: number;
  /** Null: the path is deleted. */
  readonly edits: readonly (readonly [path: string, module: readonly [text: string, type: string] | null])[];
  readonly entries: readonly string[];
  readonly importMap: Manifest['importMap'];
  /** Starts from another deploy's manifest, like a rollback or a promotion. 0 is the newest. */
  readonly from: number | null;
}

interface Collect {
  readonly kind: 'collect';
  readonly keep: number;
  readonly olderThan: number;
  readonly now: number;
  readonly lease: readonly (readonly [text: string, until: number])[];
}

interface Label {
  readonly kind: 'tag';
  readonly name: (typeof TAGS)[number];
  /** The deploy before the newest one, 0. Null: the tag is deleted. */
  readonly from: number | null;
}

type Step = Publish | Collect | Label;

/** Few and unordered: the clocks of publishers differ. */
const time = fc.nat({ max: 9 });

const publish: fc.Arbitrary<Publish> = fc.record({
  kind: fc.constant('publish'),
  channel: fc.constantFrom(...CHANNELS),
  time,
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

const collect: fc.Arbitrary<Collect> = fc.record({
  kind: fc.constant('collect'),
  keep: fc.nat({ max: 4 }),
  olderThan: time,
  now: time,
  lease: fc.array(fc.tuple(fc.constantFrom(...TEXTS), time), { maxLength: 2 }),
});

const label: fc.Arbitrary<Label> = fc.record({
  kind: fc.constant('tag'),
  name: fc.constantFrom(...TAGS),
  from: fc.option(fc.nat({ max: 3 }), { freq: 4 }),
});

const steps = fc.array(
  fc.oneof<{ arbitrary: fc.Arbitrary<Step>; weight: number }[]>(
    { arbitrary: publish, weight: 5 },
    { arbitrary: collect, weight: 1 },
    { arbitrary: label, weight: 1 },
  ),
  { minLength: 1, maxLength: 8 },
);

const hashes = TEXTS.map((text) => moduleOf(text).hash);

function nextManifest(model: StoreModel, { channel, edits, entries, importMap, from }: Publish): Manifest {
  const base = from === null ? model.head(channel) : (model.deploys().at(-1 - from) ?? null);
  const modules = new Map(base === null ? [] : model.manifest(base.number).modules);
  for (const [path, module] of edits) {
    if (module === null) modules.delete(path);
    else modules.set(path, moduleOf(...module));
  }
  return { modules, entries, importMap };
}

async function runPublish(store: Store, model: StoreModel, step: Publish): Promise<void> {
  await store.putBlobs(TEXTS.map((text) => blobOf(text)));
  for (const hash of hashes) model.blobs.add(hash);
  const { channel } = step;
  const expected = model.head(channel)?.number ?? null;
  const deploy = deployOf(nextManifest(model, step), { channel, expected, time: step.time });
  expect(await store.commit(deploy)).toEqual(model.commit(deploy));
}

async function runCollect(store: Store, model: StoreModel, step: Collect): Promise<void> {
  const { keep, olderThan, now } = step;
  for (const [text, until] of step.lease) {
    const { hash } = moduleOf(text);
    await store.lease([hash], 'publisher', until);
    model.leases.set(hash, Math.max(until, model.leases.get(hash) ?? 0));
  }
  const deploys = model.deploys().length;
  const forecast = await store.collect({ keep, olderThan, now, dryRun: true });
  await expectModel(store, model);
  const collected = await store.collect({ keep, olderThan, now, dryRun: false });
  const dropped = model.collect(keep, olderThan, now);
  expect(collected).toEqual({
    deploys: deploys - model.deploys().length,
    blobs: dropped.length,
    bytes: TEXTS.filter((text) => dropped.includes(moduleOf(text).hash)).join('').length,
  });
  expect(forecast).toEqual(collected);
}

async function runTag(store: Store, model: StoreModel, { name, from }: Label): Promise<void> {
  const deploy = from === null ? undefined : model.deploys().at(-1 - from)?.number;
  if (deploy === undefined) {
    expect((await store.deleteTag(name))?.deploy).toBe(model.tags.get(name));
    model.tags.delete(name);
  } else {
    await store.putTag({ name, deploy, time: 0, author: '', message: '' }, { force: true });
    model.tags.set(name, deploy);
  }
  expect((await store.tags()).map((tag) => [tag.name, tag.deploy])).toEqual([...model.tags].toSorted());
}

async function expectDelta(store: Store, model: StoreModel, from: number, to: number): Promise<void> {
  const source = model.manifest(from);
  const delta = await store.delta(from, to);
  expect(manifestToJson(applyDelta(source, delta))).toEqual(manifestToJson(model.manifest(to)));
  const differing = delta.set.filter(([path, hash, , type]) => {
    const old = source.modules.get(path);
    return old?.hash !== hash || old.type !== type;
  });
  expect(delta.set).toEqual(differing);
}

async function expectDeploys(store: Store, model: StoreModel): Promise<void> {
  const newest = model.deploys().toReversed();
  expect(await store.deploys()).toEqual(newest);
  expect(await store.deploys({ before: newest.at(0)?.number ?? 1, limit: 2 })).toEqual(newest.slice(1, 3));
  for (const { deploy, manifest } of model.history) {
    const { number } = deploy;
    expect(await store.changes(number)).toEqual(model.changes(number));
    if (!model.has(number)) {
      expect(await store.deploy(number)).toBeNull();
      expect(await store.manifest(number)).toBeNull();
      await expect(store.delta(number, newest[0]!.number)).rejects.toMatchObject({ code: 'deploy-unknown' });
      continue;
    }
    expect(await store.deploy(number)).toEqual(deploy);
    const found = await store.manifest(number);
    expect(manifestToJson(found!)).toEqual(manifestToJson(manifest));
    for (const other of new Set([newest.at(-1)!.number, number - 1, newest[0]!.number])) {
      if (!model.has(other)) continue;
      await expectDelta(store, model, other, number);
      await expectDelta(store, model, number, other);
    }
  }
}

async function expectModel(store: Store, model: StoreModel): Promise<void> {
  expect(await store.channels()).toEqual(CHANNELS.filter((channel) => model.head(channel) !== null));
  expect(await store.missing(hashes)).toEqual(hashes.filter((hash) => !model.blobs.has(hash)));
  await expectDeploys(store, model);
  for (const channel of CHANNELS) {
    const own = model.deploys(channel).toReversed();
    expect(await store.head(channel)).toEqual(own[0] ?? null);
    expect(await store.deploys({ channel, limit: 3 })).toEqual(own.slice(0, 3));
    for (const at of [0, 4, 9]) {
      expect(await store.deployAt(channel, at)).toEqual(own.find((deploy) => deploy.time <= at) ?? null);
    }
    for (const { deploy } of model.history) {
      const holder = own.find(({ manifest }) => manifest === deploy.manifest) ?? null;
      expect(await store.deployOfManifest(channel, deploy.manifest)).toEqual(holder);
    }
    const paths = model.pathsOf(channel);
    expect(await store.visible(channel, hashes)).toEqual(new Set(paths.keys()));
    for (const hash of hashes) {
      const path = await store.pathOf(channel, hash);
      expect(paths.get(hash) ?? [null]).toContain(path);
    }
    for (const path of PATHS) {
      expect(await store.versions(channel, path)).toEqual(model.versions(channel, path));
    }
  }
}

/** Random deploys and collections on two channels. After each, every answer is compared with the model. */
export function storeProperties(fresh: () => Promise<{ store: Store; dispose: () => Promise<void> }>): void {
  test('any history reads back like complete manifests', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const { store, dispose } = await fresh();
        try {
          const model = new StoreModel();
          for (const step of sequence) {
            if (step.kind === 'publish') await runPublish(store, model, step);
            else if (step.kind === 'tag') await runTag(store, model, step);
            else await runCollect(store, model, step);
            await expectModel(store, model);
          }
          expect(await store.check(hashOf)).toEqual([]);
        } finally {
          await dispose();
        }
      }),
      { numRuns: 20 },
    );
  });
}
