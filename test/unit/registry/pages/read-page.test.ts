import { describe, expect, it } from 'vitest';
import { type Lex, readPage } from '../../../../registry/pages/read-page.js';

const IMPORT = /import\s*(\()?\s*['"]([^'"]*)['"]/g;
const lex: Lex = (source) =>
  [...source.matchAll(IMPORT)].map((m) => ({ specifier: m[2] ?? '', dynamic: m[1] !== undefined }));
const read = (page: string) => readPage(Buffer.from(page), lex);

describe('reading a page', () => {
  it('lists its module scripts in order, with their imports', () => {
    const page = `<!doctype html><script src=classic.js></script>
      <script type=module src="./caf&eacute;.mjs?a=1&amp;b" async></script>
      <script type=module>import './a.mjs'; import('./b.mjs')</script>
      <body><svg><script type=module async>import &quot;./é.mjs&quot;<![CDATA[;import '<']]></script>
      <script type=module href=h.mjs xlink:href=x.mjs /></svg><script type=module src=é></script>`;
    expect(read(page).scripts).toEqual([
      { kind: 'src', src: './café.mjs?a=1&b', async: true, imports: [] },
      {
        kind: 'inline',
        async: false,
        imports: [
          { specifier: './a.mjs', dynamic: false },
          { specifier: './b.mjs', dynamic: true },
        ],
      },
      {
        kind: 'inline',
        async: true,
        imports: [
          { specifier: './é.mjs', dynamic: false },
          { specifier: '<', dynamic: false },
        ],
      },
      { kind: 'src', src: 'h.mjs', async: false, imports: [] },
      { kind: 'src', src: 'é', async: false, imports: [] },
    ]);
  });

  it('keeps a script’s order if the parser moves an element before its table', () => {
    const page = '<table><script type=module src=a></script><svg><script type=module href=b /></svg></table>';
    expect(read(page).scripts.map((s) => s.src)).toEqual(['a', 'b']);
  });

  it('reads the first import map, base and nonce, and lists later maps separately', () => {
    const page = `\ufeff<p><template shadowrootmode=open><base href=no></template><base target=x><base href="/é/&amp;"><base href=no><script nonce=n></script>
      <script type=importmap>{"imports":\r\n{"é":"&amp;"}}</script><script type=importmap nonce=m>2</script><script type=importmap>3</script>`;
    expect(read(page)).toEqual({
      scripts: [],
      importMap: '{"imports":\n{"é":"&amp;"}}',
      laterImportMaps: ['2', '3'],
      base: '/é/&',
      nonce: 'n',
    });
  });

  it('tells which scripts and maps are before the base', () => {
    const page = `<script type=importmap>1</script><script type=module src=a></script><base target=x><base href=/b/>
      <script type=importmap>2</script><script type=module src=c></script><base href=/d/>`;
    const { scripts, mapsBeforeBase } = read(page);
    expect(scripts.map(({ src, beforeBase }) => [src, beforeBase])).toEqual([
      ['a', true],
      ['c', undefined],
    ]);
    expect(mapsBeforeBase).toBe(1);
  });

  it('reads no imports of a script that does not parse', () => {
    const broken: Lex = () => {
      throw new SyntaxError('no module');
    };
    expect(readPage(Buffer.from('<script type=module>import</script>'), broken).scripts).toEqual([
      { kind: 'inline', async: false, imports: [] },
    ]);
  });

  it('finds nothing in an empty page', () => {
    expect(read('<p>')).toEqual({ scripts: [], laterImportMaps: [] });
    expect(readPage(Buffer.from('\ufeff<script type=module src=a></script>', 'utf16le'), lex)).toEqual({
      scripts: [],
      laterImportMaps: [],
    });
  });
});
