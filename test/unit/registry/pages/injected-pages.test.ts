import { expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { InjectedPages, type PageVersion } from '../../../../registry/pages/injected-pages.js';
import type { Manifest } from '../../../../schema/index.js';

const read = async () => undefined;

const MODULE = { hash: blake3(new Uint8Array()), size: 0, type: 'text/javascript' };

function manifestOf(...paths: string[]): Manifest {
  return { modules: new Map(paths.map((path) => [path, MODULE])), entries: [], importMap: null };
}

const page = (text: string) =>
  Buffer.from(`<!doctype html><title>${text}</title><script type="module" src="a.mjs"></script>`);

/** A version that counts how often a page is made of it. */
function versionOf(key: string, manifest = manifestOf('a.mjs', 'lib/a.mjs')) {
  const made: string[] = [];
  const version: PageVersion = {
    key,
    manifest,
    loader: {
      loader: { src: '/-/loader.js', integrity: 'sha384-x' },
      guard: 'guard',
      data: { channel: 'dev' },
    },
    data: (hash) => {
      made.push(hash);
      return { key, time: String(made.length) };
    },
  };
  return { version, made };
}

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

it('makes a page once, and then returns the same bytes', async () => {
  const pages = new InjectedPages(read);
  const { version, made } = versionOf('1');
  const both = await Promise.all([1, 2].map(() => pages.page('index.html', page('x'), version)));
  const again = await pages.page('index.html', page('x'), version);
  expect([both[1], again]).toEqual([both[0], both[0]]);
  expect(again.injected!.bytes).toBe(both[0]!.injected!.bytes);
  expect(made).toEqual([blake3(page('x'))]);
  const text = textOf(again.injected!.bytes);
  expect(text).toContain(' data-channel="dev" data-key="1" data-time="1" data-entries=\'["a.mjs"]\'');
  expect(text).not.toContain('data-slot');
});

it('makes it again for other bytes and for another version, and finds its entries by its path', async () => {
  const pages = new InjectedPages(read);
  const first = versionOf('1');
  const before = await pages.page('index.html', page('x'), first.version);
  const changed = await pages.page('index.html', page('y'), first.version);
  const second = versionOf('2', manifestOf());
  const later = await pages.page('index.html', page('y'), second.version);
  const below = await pages.page('lib/index.html', page('y'), first.version);
  const hashes = [before, changed, later, below].map(({ injected }) => injected!.hash);
  expect(new Set(hashes).size).toBe(4);
  expect(textOf(changed.injected!.bytes)).toContain('<title>y');
  expect(textOf(later.injected!.bytes)).toContain('data-key="2" data-time="1" data-entries="[]"');
  expect(textOf(below.injected!.bytes)).toContain('["lib/a.mjs"]');
});

it('leaves a page alone that opts out', async () => {
  const html = Buffer.from('<meta name="modcast" content="off"><script type="module" src="a.mjs"></script>');
  const { version } = versionOf('1');
  const pages = new InjectedPages(read);
  const first = await pages.page('index.html', html, version);
  expect(first.injected).toBeNull();
  expect(await pages.page('index.html', Buffer.from(html), version)).toBe(first);
});

it('keeps an author’s own tag of the loader as it is', async () => {
  const html = Buffer.from('<!doctype html><script src="/-/loader.js" data-boot="cached"></script><p>x');
  const { version } = versionOf('1');
  const text = textOf((await new InjectedPages(read).page('index.html', html, version)).injected!.bytes);
  expect(text).toContain('<script src="/-/loader.js" data-boot="cached"></script>');
  expect(text).not.toContain('data-slot');
});

it('drops pages that were not requested for long when its memory is full', async () => {
  const pages = new InjectedPages(read, { cacheBytes: 1 });
  const { version, made } = versionOf('1');
  for (const name of ['a.html', 'b.html', 'a.html']) await pages.page(name, page('x'), version);
  expect(made).toHaveLength(3);
});
