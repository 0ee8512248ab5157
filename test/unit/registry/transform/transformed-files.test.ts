import { expect, it, vi } from 'vitest';
import { DerivedBlobs } from '../../../../registry/content/derived-blobs.js';
import { blake3 } from '../../../../registry/hash.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { ModuleTransformer } from '../../../../registry/transform/module-transformer.js';
import { SiteTransformer } from '../../../../registry/transform/site-transformer.js';
import { transformedFiles } from '../../../../registry/transform/transformed-files.js';

it('does not read code whose links are known', async () => {
  const store = await openMemoryStore();
  // Nothing stays in memory.
  const derived = new DerivedBlobs(store, 0);
  const noBlobs = { one: async () => undefined, links: async () => new Map() };
  const sites = new SiteTransformer(new ModuleTransformer(), noBlobs, derived, '/');
  const bytes = ['a', 'b'].map((name) => Buffer.from(`import '${name}';\nexport const x: number = 1;\n`));
  const byHash = new Map(bytes.map((one) => [blake3(one), one]));
  const modules = new Map(
    bytes.map((one, i) => [`${i}.ts`, { hash: blake3(one), size: one.length, type: 'text/javascript' }]),
  );
  const files = await transformedFiles(
    { modules, linksOf: async () => new Map(), bytesOf: async (hash) => byHash.get(hash)! },
    { sites, derived, mode: 'production' },
  );
  const hashes = [...files.modules].filter(([path]) => path.endsWith('.ts')).map(([, { hash }]) => hash);
  const specifiers = async () =>
    [...(await files.linksOf(hashes)).values()].flatMap((links) =>
      links!.list.map((link) => 'specifier' in link && link.specifier),
    );
  expect(await specifiers()).toEqual(['a', 'b']);
  const read = [vi.spyOn(store, 'derived'), vi.spyOn(store, 'derivedByHash')];
  expect(await specifiers()).toEqual(['a', 'b']);
  for (const spy of read) expect(spy).not.toHaveBeenCalled();
});
