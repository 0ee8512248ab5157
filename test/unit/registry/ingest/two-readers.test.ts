import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { Ingest } from '../../../../registry/ingest/ingest.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { temporary } from '../site.js';

const FILTERS = [
  DEFAULT_FILTER,
  { include: ['**/*'], exclude: ['lib/**'] },
  { include: ['*.mjs', 'lib/**/*.html'], exclude: [] },
];

const CONTENTS: (string | Uint8Array)[] = [
  '',
  'export const a = 1;',
  'import "./b.mjs"; import("./lib/a.mjs"); export const url = import.meta.url;',
  'const = 1;',
  '{"a":1}',
  '<script type="importmap">{"imports":{"x":"./b.mjs"}}</script><script type="module" src="a.mjs"></script>',
  '<script type="module">import "./lib/a.mjs"; import "x"</script>',
  new Uint8Array([0x89, 0x50, 0, 0xff]),
];

/** Where links point: to a file, a directory, a dotfile, itself, nothing, a file outside. */
const TARGETS = ['a.mjs', 'lib', '.env.mjs', '.', 'self.mjs', 'nothing.mjs', '/etc/hostname'];

const FOLDERS = ['', 'lib', 'lib/deep', 'node_modules/x', '.hidden'];
const NAMES = ['a.mjs', 'b.mjs', 'index.html', 'page.html', 'data.json', '.env.mjs', 'e\u0301.mjs', 'x.txt'];

const file = fc.record({
  folder: fc.constantFrom(...FOLDERS),
  name: fc.constantFrom(...NAMES),
  content: fc.constantFrom(...CONTENTS),
});
const link = fc.record({
  folder: fc.constantFrom(...FOLDERS),
  name: fc.constantFrom('link.mjs', 'self.mjs', 'link', 'linked.html'),
  target: fc.constantFrom(...TARGETS),
});

const byPath = <T extends { path: string }>(list: readonly T[]) =>
  list.toSorted((a, b) => (a.path < b.path ? -1 : 1));

it('a publish and an ingest see the same modules, entries, links and problems', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(file, { selector: ({ folder, name }) => `${folder}/${name}`, maxLength: 12 }),
      fc.uniqueArray(link, { selector: ({ folder, name }) => `${folder}/${name}`, maxLength: 4 }),
      fc.constantFrom(...FILTERS),
      async (files, links, filter) => {
        const directory = await temporary();
        for (const { folder } of [...files, ...links]) {
          await mkdir(path.join(directory, folder), { recursive: true });
        }
        for (const { folder, name, content } of files) {
          await writeFile(path.join(directory, folder, name), content);
        }
        for (const { folder, name, target } of links) {
          await symlink(target, path.join(directory, folder, name));
        }
        const store = await openMemoryStore();
        const options = { directory, store, channel: 'dev', filter, author: 'ada', now: () => 1000 };
        const ingested = await new Ingest(options).scan();
        const published = await readSite(directory, filter);
        expect(published.hash).toBe(ingested.deploy.manifest);
        expect(published.manifest.modules).toEqual(ingested.manifest.modules);
        expect(byPath([...published.skipped, ...published.broken.values()])).toEqual(
          byPath(ingested.problems),
        );
        const stored = await store.links([...ingested.manifest.modules.values()].map(({ hash }) => hash));
        for (const [name, { hash }] of ingested.manifest.modules) {
          // Equal bytes share their links, which only a JavaScript path finds.
          const found = published.links.get(name);
          if (found !== null) expect(stored.get(hash)).toEqual(found);
        }
      },
    ),
    { numRuns: 60 },
  );
});
