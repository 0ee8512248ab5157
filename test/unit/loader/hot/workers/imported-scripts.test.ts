import { expect, it } from 'vitest';
import {
  importedScripts,
  importScriptsArguments,
} from '../../../../../loader/hot/workers/imported-scripts.js';
import { manifestHash, manifestOf } from '../../fakes.js';

it.each([
  ["importScripts('a.js');", ['a.js']],
  ['importScripts("a.js", `b.js`,\n  \'/c.js\',)', ['a.js', 'b.js', '/c.js']],
  ["importScripts('a.js'); if (x) self.importScripts ( './b.js' );", ['a.js', './b.js']],
  ['importScripts();', []],
  ['none', []],
  ['importScripts(name);', null],
  ["importScripts('a.js', base + 'b.js');", null],
  ['importScripts(`${base}.js`);', null],
  ['importScripts(...names);', null],
])('the scripts that %s imports', (text, expected) => {
  expect(importScriptsArguments(text)).toEqual(expected);
});

const ENTRY = 'https://host/w/c.js';

const filesOf = async (files: Record<string, string>, entry = ENTRY) => {
  const manifest = manifestOf(files);
  const texts = new Map(
    Object.entries(files).map(([path, text]) => [manifest.modules.get(path)!.hash, text]),
  );
  const came = new Set<string>();
  const options = {
    config: { root: 'https://host/' },
    blobPool: {
      has: (hash: string) => came.has(hash),
      get: (hash: string) =>
        came.has(hash) ? { bytes: new TextEncoder().encode(texts.get(hash)), links: null } : undefined,
    },
    channelClient: {
      need: async (hashes: Iterable<string>) => {
        for (const hash of hashes) came.add(hash);
      },
    },
    release: { deploy: 1, hash: manifestHash(manifest), manifest },
  };
  const found = await importedScripts(entry, options as never);
  return found === 'all' ? found : [...found];
};

it('a classic worker runs its script, and what that and other scripts import, relative to its own', async () => {
  const files = {
    'w/c.js': "importScripts('lib/a.js', '/b.js', 'https://elsewhere.test/x.js', 'none.js')",
    'w/lib/a.js': "importScripts('d.js')",
    'b.js': '',
    'w/d.js': '',
    'w/lib/d.js': '',
  };
  expect(await filesOf(files)).toEqual(['w/c.js', 'w/lib/a.js', 'b.js', 'w/none.js', 'w/d.js']);
});

it('a script that computes what it imports may import each', async () => {
  expect(await filesOf({ 'w/c.js': "importScripts('a.js')", 'w/a.js': 'importScripts(x)' })).toBe('all');
});

it('a worker of another site runs no file of this one', async () => {
  expect(await filesOf({ 'a.js': '' }, 'https://elsewhere.test/a.js')).toEqual([]);
});
