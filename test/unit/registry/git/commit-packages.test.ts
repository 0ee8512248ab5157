import { expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { CommitPackages } from '../../../../registry/git/commit-packages.js';
import type { GitCommit, ObjectName } from '../../../../registry/git/git.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { ManifestModule, Path } from '../../../../schema/index.js';
import { installed, page } from '../packages/resolved-site.js';
import { site } from '../site.js';

/** Commits whose lock file has this text. `large`: it is too large. `bad` in it: it cannot be installed. */
async function commitsOf(locks: readonly string[]) {
  const directory = await site({
    ...installed('a', { 'index.js': '1;' }, { type: 'module' }),
    ...installed('b', { 'index.js': '2;' }, { type: 'module' }),
  });
  const read: ObjectName[] = [];
  const packages = new CommitPackages({
    store: await openMemoryStore(),
    objects: {
      find: async ({ name }, paths) =>
        paths.map((path) => (path === 'package-lock.json' ? locks[Number(name)]! : null)),
      async *blobs(names) {
        for (const name of names) {
          read.push(name);
          yield name === 'large' ? name : Buffer.from(name);
        }
      },
    },
    folder: '',
    mode: 'production',
    installs: {
      knows: () => true,
      install: async (files) =>
        Buffer.from(files.get('package-lock.json')!).includes('bad') ? { reason: 'E' } : { directory },
    },
  });
  /** @param source of the site's page */
  const of = async (index: number, isChanged: boolean, source: string) => {
    const bytes = Buffer.from(page(source));
    const hash = blake3(bytes);
    const modules = new Map<Path, ManifestModule>([
      ['index.html', { hash, size: bytes.length, type: 'text/html' }],
    ]);
    const commit: GitCommit = { name: String(index), time: 0, author: 'a', message: '', tree: '' };
    const found = await packages.of(commit, isChanged, modules, [{ hash, bytes, links: null }]);
    return found && [...found.modules.keys()].filter((path) => path.endsWith('.js'));
  };
  return { of, packages, read };
}

it('resolves the site again after a commit without packages has changed it', async () => {
  const { of } = await commitsOf(['{}', '{ "bad": 1 }', '{}', '{}']);
  expect(await of(0, true, `import 'a';`)).toEqual(['npm/a@1.0.0/index.js']);
  expect(await of(1, true, `import 'b';`)).toBeNull();
  expect(await of(2, false, `import 'b';`)).toEqual(['npm/b@1.0.0/index.js']);
  expect(await of(3, false, `import 'b';`)).toEqual(['npm/b@1.0.0/index.js']);
});

it('reads the files of an install once', async () => {
  const { of, read } = await commitsOf(['{}', '{}', '{ "bad": 1 }', '{}', '{ "bad": 1 }']);
  await of(0, true, '');
  await of(1, true, '');
  await of(2, true, '');
  const before = [...read];
  await of(3, true, '');
  await of(4, true, '');
  expect([before.includes('{}'), before.includes('{ "bad": 1 }'), read]).toEqual([true, true, before]);
});

it('says why a lock file cannot be read', async () => {
  const { of, packages } = await commitsOf(['large', 'large', '{']);
  for (const index of [0, 1, 2]) expect(await of(index, true, '')).toBeNull();
  expect(packages.missing.map(({ reason, commits }) => [reason, commits])).toEqual([
    [expect.stringMatching(/^package-lock\.json is larger than \d+ MiB$/), 2],
    ['package-lock.json is not JSON', 1],
  ]);
});
