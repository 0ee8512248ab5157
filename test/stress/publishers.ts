import { setImmediate } from 'node:timers/promises';
import { PublishService } from '../../registry/publish/publish-service.js';
import type { Deploy, Store } from '../../registry/store/store.js';
import { ModcastError, manifestBytes } from '../../schema/index.js';
import { blobOf, hashOf, manifestOf } from '../contract/store-fixture.js';

export interface Outcome {
  readonly accepted: readonly Deploy[];
  /** Publishes that were refused since the head had moved. */
  readonly refused: number;
}

/** A site of which each publish has two modules to itself and shares the others with some. */
const siteOf = (publisher: number, round: number): [string, string][] => [
  ['main.mjs', `import "./own.mjs"; // ${publisher} ${round}`],
  ['own.mjs', `export default ${JSON.stringify([publisher, round])};`],
  [`of/${publisher}.mjs`, `export default ${publisher};`],
  [`round/${round % 7}.mjs`, `export default "${round % 7}";`],
  ['same.mjs', 'export default 0;'],
];

/**
 * Publishes on one channel, each deploy again and again until the head has not moved meanwhile.
 * @param store a connection of its own
 */
export async function publishRounds(store: Store, publisher: number, rounds: number): Promise<Outcome> {
  const publishing = new PublishService({ store, now: Date.now });
  const accepted: Deploy[] = [];
  let refused = 0;
  for (let round = 0; round < rounds;) {
    const texts = siteOf(publisher, round);
    const manifest = manifestOf(texts);
    const blobs = new Map(texts.map(([, text]) => [blobOf(text).hash, blobOf(text)]));
    const proposal = { channel: 'production', manifest, author: `p${publisher}`, message: '', commit: null };
    const plan = await publishing.plan(proposal);
    if (plan.state === 'current') throw new Error('another published the very same');
    for (const hash of plan.missing) {
      await publishing.put(plan.lease!, [blobs.get(hash)!]);
      // As between two requests: the others have their turn.
      await setImmediate();
    }
    try {
      const { deploy } = await publishing.commit(plan.lease!);
      if (deploy.manifest !== hashOf(manifestBytes(manifest)))
        throw new Error('another manifest was committed');
      accepted.push(deploy);
      round++;
    } catch (error) {
      if (!(error instanceof ModcastError) || error.code !== 'head-moved') throw error;
      refused++;
    }
  }
  return { accepted, refused };
}

/** What is wrong with the newest deploy: blobs that it names and that are not there. */
export async function missingOfHead(store: Store): Promise<string[]> {
  const head = await store.head('production');
  const manifest = head === null ? null : await store.manifest(head.number);
  if (manifest === null) return [];
  return store.missing([...manifest.modules.values()].map((module) => module.hash));
}
