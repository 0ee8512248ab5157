import { Catalog, type Head } from '../../../../registry/content/catalog.js';
import { DerivedBlobs } from '../../../../registry/content/derived-blobs.js';
import { VerifiedBlobs } from '../../../../registry/content/verified-blobs.js';
import { FuseStore } from '../../../../registry/fuse/fuse-store.js';
import { Fuser } from '../../../../registry/fuse/fuser.js';
import { Fusions } from '../../../../registry/fuse/fusions.js';
import type { DerivedItem, Store } from '../../../../registry/store/store.js';
import { blobOf, deployOf, manifestOf } from '../../../contract/store-fixture.js';
import { FakeClock } from '../fake-clock.js';

/** Three modules that are joined into one run, and one that stays single. */
export const SITE: readonly [string, string][] = [
  ['main.mjs', "import { a } from './a.mjs';\nimport { b } from './b.mjs';\nexport const sum = a + b;\n"],
  ['a.mjs', 'export const a = 1;\n'],
  ['b.mjs', "import './waits.mjs';\nexport const b = 2;\n"],
  ['waits.mjs', 'await null;\n'],
];

/** Makes the texts the head of `dev`. */
export async function publishSite(store: Store, texts = SITE, channel = 'dev'): Promise<Head> {
  await store.putBlobs(texts.map(([, text]) => blobOf(text)));
  const manifest = manifestOf([...texts], { entries: ['main.mjs'] });
  const expected = (await store.head(channel))?.number ?? null;
  const { deploy } = await store.commit(deployOf(manifest, { channel, expected }));
  return { deploy, manifest };
}

/**
 * What a process does that serves a store. Counts its work.
 *
 * @param memory bytes of derived items that it keeps in memory
 */
export function createFusions(store: Store, watched: string | null = null, memory = 1_000_000) {
  const blobs = new VerifiedBlobs({ store, channel: 'dev', directory: null, onDamaged: () => {} });
  const catalog = new Catalog(store, blobs);
  const derived = new DerivedBlobs(store, memory);
  const fuseStore = new FuseStore(derived);
  const fuser = new Fuser({ blobs, store: fuseStore });
  const work = { plans: 0, fuses: 0 };
  const errors: unknown[] = [];
  const fusions = new Fusions({
    joins: true,
    fuser: {
      plan: (target) => (work.plans++, fuser.plan(target)),
      fuse: ((target, control) => (
        work.fuses++,
        control === undefined ? fuser.fuse(target) : fuser.fuse(target, { ...control, pause: async () => {} })
      )) as Fuser['fuse'],
      sourceMap: (manifest, name) => fuser.sourceMap(manifest, name),
    },
    store: fuseStore,
    derived,
    clock: new FakeClock(),
    watched,
    onError: (error) => errors.push(error),
  });
  fusions.follow(catalog);
  return { catalog, fusions, fuser, work, errors };
}

export async function derivedItems(store: Store): Promise<readonly DerivedItem[]> {
  return (await store.derivedPage(0, 1000)).items;
}
