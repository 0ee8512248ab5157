import { setImmediate } from 'node:timers/promises';
import { PublishService } from '../../registry/publish/publish-service.js';
import type { Deploy, Store } from '../../registry/store/store.js';
import { ModcastError, manifestBytes } from '../../schema/index.js';
import { blobOf, hashOf, manifestOf } from '../contract/store-fixture.js';

export interface Outcome {
  readonly accepted: readonly Deploy[];
  /** Number of publishes that were refused because the head had moved. */
  readonly refused: number;
}

/** A site with two modules that only this publish has, and others that it shares with some publishes. */
const siteOf = (publisher: number, round: number): [string, string][] => [
  ['main.mjs', `import "./own.mjs"; // ${publisher} ${round}`],
  ['own.mjs', `export default ${JSON.stringify([publisher, round])};`],
  [`of/${publisher}.mjs`, `export default ${publisher};`],
  [`round/${round % 7}.mjs`, `export default "${round % 7}";`],
  ['same.mjs', 'export default 0;'],
];

/**
 * Publishes on one channel. Retries each deploy until no other publisher moves the head in between.
 * @param store a separate connection
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
    if (plan.state === 'current') throw new Error('another publisher published the same manifest');
    for (const hash of plan.missing) {
      await publishing.put(plan.lease!, [blobs.get(hash)!]);
      // Like the gap between two requests: the other publishers can run.
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

/** Hashes of blobs that the newest deploy names and the store does not have. */
export async function missingOfHead(store: Store): Promise<string[]> {
  const head = await store.head('production');
  const manifest = head === null ? null : await store.manifest(head.number);
  if (manifest === null) return [];
  return store.missing([...manifest.modules.values()].map((module) => module.hash));
}
