import { describe, expect, it } from 'vitest';
import { lexSpecifiers } from '../../../../importmap/index.js';
import { blake3 } from '../../../../registry/hash.js';
import { readPage } from '../../../../registry/pages/read-page.js';
import { pageEntries } from '../../../../registry/pages/entries.js';
import { siteEntries } from '../../../../registry/pages/site-entries.js';
import type { ManifestModule } from '../../../../schema/index.js';

const MODULES = new Map(
  ['main.js', 'other.js', 'lib/a.js', 'lib/b.js', 'sub/main.js', 'vendor/x.js', 'a b.js'].map((name) => [
    name,
    1,
  ]),
);
const entries = (html: string, at = 'index.html') =>
  pageEntries(readPage(Buffer.from(html), lexSpecifiers), at, MODULES);

const map = (json: unknown) =>
  `<script type="importmap">${typeof json === 'string' ? json : JSON.stringify(json)}</script>`;
const src = (url: string) => `<script type="module" src="${url}"></script>`;
const inline = (code: string) => `<script type="module">${code}</script>`;

describe('the entries of a page', () => {
  it.each<[string, string, string[]]>([
    ['none', '<p>x', []],
    [
      'module scripts in document order',
      src('other.js') + src('./main.js') + src('/lib/a.js'),
      ['other.js', 'main.js', 'lib/a.js'],
    ],
    ['each once', src('main.js') + src('./main.js') + src('main.js?v=1#x'), ['main.js']],
    [
      'what inline scripts import, statically or not',
      inline('import "./lib/a.js"; import("/lib/b.js")'),
      ['lib/a.js', 'lib/b.js'],
    ],
    [
      'bare names by the page’s map',
      map({ imports: { x: './vendor/x.js' } }) + inline('import "x"'),
      ['vendor/x.js'],
    ],
    ['no bare names without one', inline('import "x"'), []],
    ['no bare names by a broken one', map('{') + inline('import "x"') + src('main.js'), ['main.js']],
    [
      'what a base says',
      '<base href="/lib/">' + src('a.js') + inline('import "./b.js"'),
      ['lib/a.js', 'lib/b.js'],
    ],
    [
      'scripts and maps before a base without it',
      map({ imports: { x: './vendor/x.js' } }) +
        src('main.js') +
        '<base href="/lib/">' +
        inline('import "x"; import "./a.js"'),
      ['main.js', 'vendor/x.js', 'lib/a.js'],
    ],
    ['nothing under a foreign base', '<base href="https://cdn.test/">' + src('main.js'), []],
    [
      'nothing elsewhere or unknown',
      src('https://cdn.test/main.js') + src('//cdn.test/main.js') + src('gone.js') + src('http://['),
      [],
    ],
    [
      'no classic scripts',
      '<script src="main.js"></script><script type="text/plain" src="main.js"></script>',
      [],
    ],
    ['escaped names', src('a%20b.js'), ['a b.js']],
  ])('are %s', (_, html, paths) => {
    expect(entries(html)).toEqual(paths);
  });

  it('are resolved against the page’s URL', () => {
    expect(entries(src('main.js') + src('../main.js'), 'sub/page.html')).toEqual(['sub/main.js', 'main.js']);
  });
});

describe('a site of several pages', () => {
  async function of(pages: Record<string, string>) {
    const blobs = new Map<string, Uint8Array>();
    const rows = Object.entries(pages).map(([name, html]): [string, ManifestModule] => {
      const bytes = Buffer.from(html);
      blobs.set(blake3(bytes), bytes);
      return [name, { hash: blake3(bytes), size: bytes.length, type: 'text/html' }];
    });
    const modules = MODULES as unknown as ReadonlyMap<string, ManifestModule>;
    return siteEntries(rows, modules, async (hash) => blobs.get(hash)!);
  }

  it('has the entries of all, sorted', async () => {
    const site = await of({
      'z.html': src('other.js') + src('main.js'),
      'sub/index.html': src('main.js') + src('/main.js'),
    });
    expect(site).toEqual({ entries: ['main.js', 'other.js', 'sub/main.js'], importMap: null });
  });

  it('has the import map of the page nearest to the root that has one, relative to the root', async () => {
    const site = await of({
      'a/deep/x.html': map({ imports: { x: './deep.js' } }),
      'b.html': '<p>none',
      'sub/b.html': map({ imports: { x: './second.js' } }),
      'sub/a.html': map({
        imports: {
          x: './main.js',
          y: '../vendor/x.js',
          'z/': '/lib/',
          cdn: 'https://cdn.test/x.js',
          no: null,
        },
        scopes: { './': { x: '/main.js' } },
        integrity: { './main.js': 'sha384-x' },
      }),
    });
    expect(site.importMap).toEqual({
      imports: {
        x: './sub/main.js',
        y: './vendor/x.js',
        'z/': './lib/',
        cdn: 'https://cdn.test/x.js',
        no: null,
      },
      scopes: { './sub/': { x: './main.js' } },
      integrity: { './sub/main.js': 'sha384-x' },
    });
  });

  it('prefers by name at equal depth, and skips invalid and empty maps', async () => {
    expect(
      (
        await of({
          'a.html': map('{'),
          'b.html': map({}),
          'd.html': map({ imports: { x: './d.js' } }),
          'c.html': map({ imports: { x: './c.js' } }),
        })
      ).importMap,
    ).toMatchObject({ imports: { x: './c.js' } });
  });

  it('does not depend on the order of its pages', async () => {
    const pages = {
      'b.html': src('main.js') + map({ imports: { x: './b.js' } }),
      'a.html': src('other.js') + map({ imports: { x: './a.js' } }),
    };
    const reversed = Object.fromEntries(Object.entries(pages).toReversed());
    expect(await of(pages)).toEqual(await of(reversed));
  });
});
