// Publishes until it is killed, and reports each step to its parent.
// Arguments: the database, the number of the first round.
import { manifestBytes } from '../../dist/schema/index.js';
import { blake3 } from '../../dist/registry/hash.js';
import { PublishService } from '../../dist/registry/publish/index.js';
import { openSqliteStore } from '../../dist/registry/index.js';

const [file, start] = process.argv.slice(2);
const store = await openSqliteStore(file);
const publishing = new PublishService({ store, now: Date.now });
const report = (message) => new Promise((resolve) => process.send(message, resolve));

for (let round = Number(start); ; round++) {
  const blobs = Array.from({ length: 6 }, (_, i) => {
    const bytes = Buffer.from(`export default ${JSON.stringify([i < 3 ? 0 : round, i])};\n`.repeat(400));
    return { hash: blake3(bytes), bytes };
  });
  const modules = new Map(
    blobs.map(({ hash, bytes }, i) => [`${i}.mjs`, { hash, size: bytes.length, type: 'text/javascript' }]),
  );
  const manifest = { modules, entries: ['0.mjs'], importMap: null };
  const plan = await publishing.plan({
    channel: 'production',
    manifest,
    author: 'a',
    message: '',
    commit: null,
  });
  await report({ step: 'planned' });
  for (const hash of plan.missing) {
    await publishing.put(plan.lease, [blobs.find((blob) => blob.hash === hash)]);
    await report({ step: 'put' });
  }
  const { deploy } = await publishing.commit(plan.lease);
  await report({ step: 'committed', number: deploy.number, manifest: blake3(manifestBytes(manifest)) });
}
