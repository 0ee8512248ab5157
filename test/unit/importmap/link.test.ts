import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lexModule } from '../../../importmap/lex.js';
import { type LinkedPart, linkForBlob, linkForHttp } from '../../../importmap/link.js';
import { wrongLink } from '../../../importmap/link-range.js';
import { EMPTY_IMPORT_MAP } from '../../../importmap/import-map.js';
import { parseImportMap } from '../../../importmap/parse.js';
import { Resolver } from '../../../importmap/resolver.js';
import { decodeLinks, encodeLinks, type Link, type Links } from '../../../schema/index.js';

const ROOT = 'https://site.test/';
const URL_ = `${ROOT}lib/a.mjs?v=1`;
const HERE = `__modcast__(${JSON.stringify(URL_)})`;
const plain = new Resolver(EMPTY_IMPORT_MAP);
const tail = `\n//# sourceURL=${URL_}`;

const join = (parts: LinkedPart[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part as Buffer)));

function blob(source: string | Buffer, resolver = plain): string {
  const bytes = Buffer.from(source as string);
  const linked = join(linkForBlob(bytes, lexModule(bytes), URL_, resolver)).toString();
  expect(linked.endsWith(tail) || linked.includes('//# sourceURL=')).toBe(true);
  return linked.replace(tail, '');
}

/** The author's part of a module linked for HTTP. */
function http(source: string, pathname = '/lib/a.mjs'): string {
  const bytes = Buffer.from(source);
  const linked = join(linkForHttp(bytes, lexModule(bytes), pathname)).toString();
  return linked.replace(/\n(?:function __modcast_|async function __modcast_|\/\/# sourceURL=\/)[^]*$/, '');
}

describe('linked for a blob', () => {
  it.each([
    ["import './b.mjs'", 'import "https://site.test/lib/b.mjs"'],
    ['export * from "/c.mjs?x#y"', 'export * from "https://site.test/c.mjs?x#y"'],
    ["import a from'../d'with{type:'json'}", 'import a from"https://site.test/d"with{type:\'json\'}'],
    ["import 'https://cdn.test/x'", 'import "https://cdn.test/x"'],
    ["import 'bare'", "import 'bare'"],
    ["import './\\u0061'", 'import "https://site.test/lib/a"'],
    ["import('./b.mjs', { with: {} })", `${HERE}.import('./b.mjs', { with: {} })`],
    ['import(x)', `${HERE}.import(x)`],
    ['import/**/(x)', `${HERE}.import/**/(x)`],
    ['import.meta.url', `${HERE}.meta(import.meta).url`],
    ['import . meta', `${HERE}.meta(import . meta)`],
    ["import.defer('./b')", 'import.defer("https://site.test/lib/b")'],
    ['import.source(x + 1)', `import.source(${HERE}.written(x + 1))`],
    ["import.defer('bare')", `import.defer(${HERE}.written('bare'))`],
  ])('%s', (source, linked) => {
    expect(blob(source)).toBe(linked);
  });

  it('uses the site’s import map, and an alias for a URL that the map has a rule for', () => {
    const { map } = parseImportMap({ imports: { bare: '/x.mjs', '/x.mjs': '/y.mjs' } }, ROOT);
    const resolver = new Resolver(map);
    expect(blob("import 'bare'; import '/x.mjs'", resolver)).toBe(
      'import "modcast:https://site.test/x.mjs"; import "https://site.test/y.mjs"',
    );
    expect([...resolver.aliases]).toEqual([[`modcast:${ROOT}x.mjs`, `${ROOT}x.mjs`]]);
  });

  it('keeps its source map’s URL, and gets a source URL', () => {
    const bytes = Buffer.from('1\n//# sourceMappingURL=a.map');
    expect(join(linkForBlob(bytes, lexModule(bytes), URL_, plain)).toString()).toBe(
      `1\n//# sourceMappingURL=${ROOT}lib/a.map${tail}`,
    );
    expect(blob('1\n//# sourceURL=mine.js')).toBe('1\n//# sourceURL=mine.js');
    expect(blob('1\n//# sourceMappingURL=data:,x')).toBe('1\n//# sourceMappingURL=data:,x');
    expect(blob('1\n//# sourceMappingURL=http://[')).toBe('1\n//# sourceMappingURL=http://[');
  });
});

describe('new import.meta.X()', () => {
  const meta = `${HERE}.meta(import.meta)`;
  it.each([
    'new import.meta.X()',
    'a=new\n\timport.meta.X()',
    'new/**/import.meta.X()',
    'new /* a * b */ // c\n import.meta.X()',
    '"http://x"; new import.meta.X()',
  ])('gets parentheses: %j', (source) => {
    expect(blob(source)).toBe(source.replace('import.meta', `(${meta})`));
  });

  it.each([
    'renew\nimport.meta.x()',
    'a.new\nimport.meta.x()',
    '$new\nimport.meta.x()',
    'a = 1 // brand new\nimport.meta.x()',
    'a = 1 // brand new // really\nimport.meta.x()',
    'a = 1 /* new */\nimport.meta.x()',
    'a = `new ${import.meta.x}`',
    "a = 'new'\nimport.meta.x()",
  ])('gets none, because they would be a call: %j', (source) => {
    expect(blob(source)).toBe(source.replace('import.meta', meta));
  });

  it('constructs the same object', () => {
    class X {
      readonly made = true;
    }
    const source = 'return [new import.meta.X(), new /* a */ import.meta.X, new import.meta.Y().made]';
    const script = blob(source).replaceAll('import.meta', 'meta');
    const runtime = () => ({ meta: (value: unknown) => value });
    // oxlint-disable-next-line no-implied-eval
    const made: unknown = new Function('__modcast__', 'meta', script)(runtime, { X, Y: X });
    expect(made).toEqual([new X(), new X(), true]);
  });
});

describe('linked for HTTP', () => {
  it.each([
    ["import './b.mjs?v#f'", 'import "/lib/b.mjs?v#f"'],
    ["import '../../b.mjs'", 'import "/b.mjs"'],
    ["import '/b.mjs'", 'import "/b.mjs"'],
    ["import 'bare'", "import 'bare'"],
    ["import 'https://site.test/b'", "import 'https://site.test/b'"],
    ["import '//cdn.test/b'", "import '//cdn.test/b'"],
    ["import './b c'", 'import "/lib/b%20c"'],
    ["import('./b')", "__modcast_import__('./b')"],
    ['import.meta.url', '__modcast_meta__(import.meta).url'],
    [
      "import.defer('./b'); import.defer('b')",
      'import.defer("/lib/b"); import.defer(__modcast_written__(\'b\'))',
    ],
  ])('%s', (source, linked) => {
    expect(http(source)).toBe(linked);
  });

  it('gets only the functions that it uses', () => {
    const bytes = Buffer.from("import './b'");
    expect(join(linkForHttp(bytes, lexModule(bytes), '/a')).toString()).toBe('import "/b"\n//# sourceURL=/a');
  });

  it.each(["import('./b')", 'import.meta', 'import.defer(a)', 'import(a); import.meta'])(
    'declares everything that it uses: %s',
    (source) => {
      const bytes = Buffer.from(source);
      const linked = join(linkForHttp(bytes, lexModule(bytes), '/a')).toString();
      expect(lexModule(Buffer.from(linked)).state).toBe('linked');
      for (const [name] of linked.matchAll(/(?<!globalThis\.)__modcast_\w+__/g)) {
        expect(linked).toMatch(new RegExp(`(?:function|var) ${name}\\b`));
      }
    },
  );
});

describe('any linked module', () => {
  const code = fc.constantFrom(
    ...[
      "import './a.mjs';",
      'import "../é";',
      "export * from 'bare';",
      "import '\\\nx';",
      "import './a\\\r\nb';",
    ],
    ...[
      "import('./b');",
      'import(c);',
      'import.defer("./d");',
      'import.source(`./e\\\n`);',
      'import.meta.url;',
    ],
    ...[
      'new import.meta.X;',
      'import\n.\nmeta;',
      '"é😀";',
      '\n',
      '\r\n',
      '// import "x"\n',
      '`${import.meta}`;',
    ],
  );
  const end = fc.constantFrom('', '\n//# sourceMappingURL=m.map', '\n//# sourceURL=n.js\n', '// end');
  const source = fc
    .tuple(fc.constantFrom('', '\ufeff', '#! "x\n'), fc.array(code, { maxLength: 20 }), end)
    .map(([start, parts, last]) => Buffer.from(start + parts.join('') + last));
  const lines = (text: string) => text.split(/\r\n|\r|\n/);

  /** The texts between links, each once. */
  const between = (bytes: Buffer, { list }: Links) =>
    [...list, { start: bytes.length, end: 0 }].map(({ start }, index) =>
      bytes.subarray(index === 0 ? 0 : list[index - 1]!.end, start),
    );

  it('keeps every other byte, and every line number', () => {
    fc.assert(
      fc.property(source, fc.boolean(), (bytes, forBlob) => {
        const links = lexModule(bytes);
        const parts = forBlob
          ? linkForBlob(bytes, links, URL_, plain)
          : linkForHttp(bytes, links, '/lib/a.mjs');
        const linked = join(parts);
        let at = 0;
        for (const kept of between(bytes, links)) {
          at = linked.indexOf(kept, at);
          expect(at).toBeGreaterThanOrEqual(0);
          at += kept.length;
        }
        // Each line keeps its text apart from links: its first word outside a link is on the same line.
        const marks = Buffer.from(bytes.toString().replaceAll(';', ';/**/'));
        const marked = join(linkForBlob(marks, lexModule(marks), URL_, plain)).toString();
        const count = (text: string) => lines(text).map((line) => line.split(';/**/').length);
        expect(count(marked).slice(0, lines(marks.toString()).length)).toEqual(count(marks.toString()));
      }),
      { numRuns: 500 },
    );
  });

  it('can be lexed again, and its specifiers resolve as before', () => {
    fc.assert(
      fc.property(source, (bytes) => {
        const links = lexModule(bytes);
        const meant = (list: readonly Link[], url: string) =>
          list.flatMap((link) => (link.kind === 'static' ? [plain.resolve(link.specifier, url)] : []));
        const { href, pathname } = new URL('/lib/a.mjs', ROOT);
        const expected = meant(links.list, href);
        for (const parts of [linkForBlob(bytes, links, href, plain), linkForHttp(bytes, links, pathname)]) {
          const again = lexModule(join(parts));
          expect(again.state).toBe('linked');
          const elsewhere = meant(again.list, `${ROOT}-/modules/0/other/place.mjs`);
          expect(elsewhere.map((r) => r.state === 'resolved' && r.url)).toEqual(
            expected.map((r) => r.state === 'resolved' && r.url),
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('links of other bytes', () => {
  const bytes = Buffer.from(
    `import './a'; import './b'; import(c); import.meta.x; import.defer('./d'); import.source(e)` +
      '\n//# sourceMappingURL=m.map\n//# sourceURL=n.js',
  );
  const { list } = lexModule(bytes);
  const refused = expect.objectContaining({ code: 'links-invalid' });
  const linking = (tampered: readonly unknown[]) => () => {
    const links = { state: 'linked', list: tampered as Link[] } as const;
    linkForHttp(bytes, links, '/a');
    return linkForBlob(bytes, links, URL_, plain);
  };
  const swap = (index: number, change: object) =>
    list.map((link, at) => (at === index ? { ...link, ...change } : link));

  it('are refused if a range is shifted', () => {
    expect(list.map(({ kind }) => kind)).toEqual([
      ...['static', 'static', 'dynamic', 'meta', 'phase', 'phase', 'source-map', 'source-url'],
    ]);
    expect(linking(list)).not.toThrow();
    list.forEach(({ start, end, kind }, index) => {
      // Of an argument that is an expression, only the brackets around it can be checked.
      for (const by of kind === 'phase' ? [-1, 1] : [-3, -2, -1, 1, 2, 3]) {
        expect(linking(swap(index, { start: start + by, end: end + by })), `${kind} ${by}`).toThrow(refused);
      }
    });
  });

  it('are refused if one overlaps another or lies outside', () => {
    const [first, second] = list as [Link, Link];
    expect(linking([second, first])).toThrow(refused);
    expect(linking([first, first])).toThrow(refused);
    expect(linking(swap(1, { start: first.start }))).toThrow(refused);
    expect(linking(swap(0, { start: first.end, end: first.start }))).toThrow(refused);
    expect(linking(swap(0, { start: -5, end: 0 }))).toThrow(refused);
    expect(linking([{ ...first, start: bytes.length, end: bytes.length + 5 }])).toThrow(refused);
    expect(linking([{ ...first, start: bytes.length, end: bytes.length }])).toThrow(refused);
  });

  it('are refused if one has another kind', () => {
    for (const index of list.keys()) {
      for (const kind of ['static', 'dynamic', 'meta', 'source-map', 'source-url']) {
        const same = kind === list[index]!.kind;
        // The literal of a phase looks the same as that of an import.
        if (same || (kind === 'static' && list[index]!.kind === 'phase')) continue;
        expect(linking(swap(index, { kind, specifier: './x' })), `${index} as ${kind}`).toThrow(refused);
      }
    }
  });
});

describe('links that are held against the bytes', () => {
  it.each([
    "import './a'",
    "import './\\u0061\\x62\\u{1F600}\\n\\q\\0\\\\'",
    "import '\\ud800x'",
    "import '\\ud83d\\ude00'",
    "import './a\\\r\nb\\\rc\\\u2028d'",
    'import.defer(`./a\r\nb\rc`)',
    'import "é😀"',
    '1\n//# sourceMappingURL=a%20b',
  ])('hold as the lexer finds them, also in UTF-8: %j', (source) => {
    const bytes = Buffer.from(source);
    const found = lexModule(bytes);
    expect(found.list).toHaveLength(1);
    expect(wrongLink(bytes, decodeLinks(encodeLinks(found), bytes.length))).toBeUndefined();
    const other = found.list.map((item) => ({ ...item, specifier: './other' }) as Link);
    expect(wrongLink(bytes, { state: 'linked', list: other })).toBe(other[0]);
  });

  it('hold for bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from("import './"), Buffer.from([0xff, 0xc3]), Buffer.from("a'")]);
    expect(wrongLink(bytes, lexModule(bytes))).toBeUndefined();
  });
});
