import { createToken } from '../../../registry/auth/tokens.js';
import { moduleLinks } from '../../../registry/ingest/module-links.js';
import { mediaType } from '../../../registry/content/media-type.js';
import { blake3 } from '../../../registry/hash.js';
import { openSqliteStore } from '../../../registry/store/sqlite.js';
import { manifestBytes, type Manifest } from '../../../schema/index.js';
import type { Random } from '../chaos/random.js';

/** A module that imports some of the others, with enough text to need several pages now and then. */
function moduleText(random: Random, index: number, version: number): string {
  const imports = random.some([...Array(20).keys()], 4).map((other) => `import './m${other}.mjs';`);
  const filler = `// ${'lorem ipsum '.repeat(random.chance(0.1) ? 900 : random.below(40))}`;
  return [...imports, `export const v${index} = ${version};`, 'console.log(import.meta.url);', filler].join(
    '\n',
  );
}

/** Fills a database with two channels, some dozens of deploys, tokens, leases and states of files. */
export async function fillDatabase(file: string, random: Random): Promise<void> {
  const store = await openSqliteStore(file);
  const texts = new Map<string, string>([
    ['index.html', '<!doctype html><script type="module" src="m0.mjs"></script>'],
    ['data.json', '{"a":[1,2,3]}'],
    ['style.css', 'body { color: red }'],
  ]);
  for (let i = 0; i < 20; i++) texts.set(`m${i}.mjs`, moduleText(random, i, 0));
  for (let number = 1; number <= 24; number++) {
    for (const index of random.some([...Array(20).keys()], 3)) {
      if (random.chance(0.1) && index > 0) texts.delete(`m${index}.mjs`);
      else texts.set(`m${index}.mjs`, moduleText(random, index, number));
    }
    texts.set('m0.mjs', `import './m1.mjs'; export const at = ${number};`);
    const modules: [string, Manifest['modules'] extends ReadonlyMap<string, infer M> ? M : never][] = [];
    const blobs = [];
    for (const [path, text] of texts) {
      const bytes = Buffer.from(text);
      const hash = blake3(bytes);
      modules.push([path, { hash, size: bytes.length, type: mediaType(path) }]);
      blobs.push({ hash, bytes, links: (await moduleLinks(path, bytes)).links });
    }
    const importMap = { imports: { bare: `/m${number % 3}.mjs` } };
    const manifest: Manifest = { modules: new Map(modules), entries: ['m0.mjs'], importMap };
    const channel = number % 4 === 0 ? 'preview' : 'production';
    await store.commit({
      channel,
      manifest,
      hash: blake3(manifestBytes(manifest)),
      blobs,
      expected: (await store.head(channel))?.number ?? null,
      time: 1_700_000_000_000 + number * 60_000,
      author: random.pick(['ada', 'grace', 'édith']),
      message: `Change ${number}`,
      commit: random.chance(0.5) ? 'ab'.repeat(20) : null,
    });
  }
  for (let i = 0; i < 5; i++) {
    const { token } = await createToken(store, {
      scope: ['read', 'publish:*'],
      expires: null,
      note: `n${i}`,
      now: i,
    });
    if (i === 2) await store.revokeToken(token.id, 9);
  }
  const stat = { size: 1, mtime: '12345678901234567', ctime: '', inode: '1', hash: '00'.repeat(32) };
  await store.putFiles('/site', { set: new Map([...texts.keys()].map((path) => [path, stat])), delete: [] });
  await store.lease(['ab'.repeat(32)], 'someone', 5);
  await store.close();
}
