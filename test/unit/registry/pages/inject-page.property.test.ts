import fc from 'fast-check';
import { type DefaultTreeAdapterTypes as Tree, parse } from 'parse5';
import { expect, it } from 'vitest';
import { injectPage, type InjectOptions } from '../../../../registry/pages/inject-page.js';
import { PRELOAD_STOP } from '../../../../registry/pages/page-edits.js';
import { readPage } from '../../../../registry/pages/read-page.js';

/** Modules that contain this do not parse. */
const BROKEN = '!!';
const isBroken = (source: string) => source.includes(BROKEN);

const options: InjectOptions = {
  loader: { src: '/-/loader.js' },
  guard: 'guard',
  data: { channel: 'dev' },
  lex: (source) => {
    const specifier = isBroken(source)
      ? BROKEN
      : source.includes('import')
        ? `./${source.length}.mjs`
        : undefined;
    return specifier === undefined ? [] : [{ specifier, dynamic: false }];
  },
  parses: (source) => !isBroken(source),
};

/** Pieces of pages, one character per byte. In random order, most are at unusual places. */
const PIECES = [
  [
    '<!doctype html>',
    '<!DOCTYPE html PUBLIC "x">',
    '<!doctype',
    '<?xml version="1.0"?>',
    '<html>',
    '<html lang=a>',
    '</html>',
  ],
  [
    '<head>',
    '<HEAD class="a">',
    '</head>',
    '<body>',
    '<body class=b>',
    '</body>',
    '<frameset>',
    '<title>',
    '</title>',
    '<base href=/b/>',
  ],
  [
    '<script type="module" src="a.mjs"></script>',
    "<SCRIPT TYPE = 'MODULE'\r\n>import './b.mjs'</SCRIPT>",
    '<script/type=module/src=c></script>',
  ],
  [
    '<script type=module src=d>',
    '<script type=module>',
    '<script type="module" type=x nonce=n1>1</script>',
    '<script type=x type=module>1</script>',
  ],
  [
    '<script src=e type=&#109;odule></script>',
    '<script type=" module ">1</script>',
    '<script>',
    '<script>x="<!--<script>"',
    '</script>',
  ],
  [
    '<script type=importmap>{"imports":{}}</script>',
    '<script type="ImportMap" nonce="n&quot;2">{}\r</script>',
    '<script type=importmap src=x></script>',
  ],
  [
    '<script defer src=g></script>',
    '<script\tsrc=h DEFER type="text/JavaScript"></script>',
    '<script defer type="" src=i></script>',
    '<script defer type="&#32;text/javascript" src="j">',
    '<script defer type src=k></script>',
    '<script async defer src=l></script>',
    '<script type=module>!!</script>',
  ],
  [
    '<link rel=modulepreload href=a>',
    '<link href=b rel="x MODULEPRELOAD  y">',
    "<link rel='module&#112;reload'>",
    '<link rel=modulepreload/>',
    '<link rel=modulepreloads>',
  ],
  [
    '<template>',
    '</template>',
    '<svg>',
    '</svg>',
    '<script type=module href=f />',
    '<svg><script type="module">1</script>',
    '<![CDATA[',
    ']]>',
    '<foreignObject>',
  ],
  [
    '<math>',
    '</math>',
    '<mi>',
    '<noscript>',
    '</noscript>',
    '<textarea>',
    '</textarea>',
    '<style>',
    '</style>',
    '<iframe srcdoc="<script type=module>">',
    '</iframe>',
  ],
  [
    '<!--',
    '-->',
    '<!-- a -->',
    '<table>',
    '<tr>',
    '<td>',
    '</table>',
    '<select>',
    '<option>',
    '</select>',
    '<p>',
    '</p>',
    '<b>',
    '</b>',
    '<a href="',
    '">',
    '<pre>\n',
  ],
  [
    '"',
    "'",
    '>',
    '<',
    '</',
    '<!',
    '&',
    '&amp',
    '=',
    ' ',
    '\n',
    '\r\n',
    '\r',
    '\t\f',
    '\0',
    '\xef\xbb\xbf',
    '\xc3\xa9',
    '\xff',
    '\x80',
    'text',
    'module',
    'type=module',
  ],
].flat();

const page = fc
  .tuple(
    fc.constantFrom('', '', '\xef\xbb\xbf'),
    // Sometimes one longer than the parser's buffer, whose offsets have to continue.
    fc.array(
      fc.oneof(
        { weight: 4000, arbitrary: fc.constantFrom(...PIECES) },
        { weight: 1, arbitrary: fc.constant('<p>\r\n\xe9'.repeat(12_000)) },
      ),
      {
        maxLength: 40,
      },
    ),
  )
  .map(([bom, pieces]) => bom + pieces.join(''));

const bytes = (text: string) => Buffer.from(text, 'latin1');
const inject = (text: string) => {
  const injected = injectPage(bytes(text), options);
  return injected && Buffer.from(injected).toString('latin1').replace(PRELOAD_STOP, '');
};
const tree = (text: string) =>
  parse(text.startsWith('\xef\xbb\xbf') ? text.slice(3) : text, { sourceCodeLocationInfo: true });

const LOADER =
  /<script data-guard="\/-\/loader\.js"(?: data-holds)?(?: nonce="n1"| nonce='n"2')?>guard<\/script><script async src="\/-\/loader\.js" data-channel="dev"(?: nonce="n1"| nonce='n"2')?><\/script>/;
/** Marks inserted into tags. */
const INSERTED =
  / data-modcast="(?:module|importmap|defer)"(?:(?: data-modcast-imports=(?:"\[\]"|'\["\.\/\d+\.mjs"\]'))? data-modcast-at="\d+:\d+")?/g;
const HELD = /(modcast-modulepreload)/;
/** Possible original values of a held one. The pieces contain no held values. */
const ORIGINALS: Record<string, RegExp> = { 'modcast-modulepreload': /module(?:p|&#112;)reload/iy };

/** Whether `after` equals `before` without the insertions and with the original values. */
function undoes(before: string, after: string): boolean {
  let at = 0;
  for (const part of after.replace(LOADER, '').replace(INSERTED, '').split(HELD)) {
    const original = ORIGINALS[part];
    if (original) {
      original.lastIndex = at;
      if (!original.test(before)) return false;
      at = original.lastIndex;
    } else {
      if (!before.startsWith(part, at)) return false;
      at += part.length;
    }
  }
  return at === before.length;
}

/** A tree without places, and with the original values. */
function plain(node: Tree.Node): unknown {
  if ('tagName' in node) {
    const attributes = node.attrs
      .filter(({ name }) => !/^data-modcast(?:-imports|-at)?$/.test(name))
      .map(({ name, prefix, value }) => [prefix, name, value.replaceAll('modcast-', '')]);
    const content = 'content' in node ? plain(node.content) : undefined;
    return [node.namespaceURI, node.tagName, attributes.map(foldHeld), node.childNodes.map(plain), content];
  }
  if ('childNodes' in node) return ['mode' in node ? node.mode : '', node.childNodes.map(plain)];
  const { parentNode: _parent, sourceCodeLocation: _location, ...rest } = node;
  return rest;
}

/** The case of held tokens is lost. */
function foldHeld([prefix, name, value]: (string | undefined)[]): unknown {
  if (name !== 'rel') return [prefix, name, value];
  return [prefix, name, value?.replace(/\bmodulepreload\b/gi, (token) => token.toLowerCase())];
}

/** White space after a tag that the parser ignores (`</p> <p>`) is also ignored before a head. */
function dropLeadingSpace(head: Tree.Element | undefined, original: Tree.Document): void {
  const first = head?.childNodes[0];
  if (!head || !first || !('value' in first) || !/^\s*$/.test(first.value)) return;
  const hadHeadTag = elementsOf(original).some((e) => e.tagName === 'head' && e.sourceCodeLocation);
  if (!hadHeadTag) head.childNodes.shift();
}

function elementsOf(node: Tree.Node): Tree.Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : [];
  return 'tagName' in node ? [node, ...children] : children;
}

const value = (element: Tree.Element, name: string) => element.attrs.find((a) => a.name === name)?.value;

/** Whether a browser would still start a module load at this element. */
function isLive(element: Tree.Element): boolean {
  if (element.tagName === 'link' && element.namespaceURI.endsWith('xhtml'))
    return /(^|\s)modulepreload(\s|$)/i.test(value(element, 'rel') ?? '');
  if (
    element.tagName !== 'script' ||
    element.namespaceURI.endsWith('MathML') ||
    !element.sourceCodeLocation?.endTag
  )
    return false;
  const type = value(element, 'type') ?? '';
  if (/^module$/i.test(type) && value(element, element.namespaceURI.endsWith('svg') ? 'href' : 'src'))
    return true;
  return (
    /^(?:module|importmap)$/i.test(type) &&
    element.childNodes.some((child) => 'value' in child) &&
    value(element, 'src') === undefined &&
    value(element, 'href') === undefined
  );
}

const runs = { numRuns: 400 };

it('changes only the inserted and the held values', () => {
  fc.assert(
    fc.property(page, (before) => {
      const after = inject(before);
      if (after !== undefined) {
        expect(after.match(LOADER)).not.toBeNull();
        expect(undoes(before, after)).toBe(true);
      }
    }),
    runs,
  );
});

it('changes nothing in the tree except for guard and loader, first in the head, and marks', () => {
  fc.assert(
    fc.property(page, (before) => {
      const after = inject(before);
      const original = tree(before);
      if (after === undefined) {
        // Not changed, because the page is blank.
        expect(elementsOf(original).map((e) => e.tagName)).toEqual(['html', 'head', 'body']);
        return;
      }
      const changed = tree(after);
      const head = elementsOf(changed).find((e) => e.tagName === 'head');
      const guard = head?.childNodes.shift();
      expect(guard && 'tagName' in guard && value(guard, 'data-guard')).toBe('/-/loader.js');
      const loader = head?.childNodes.shift();
      expect(loader && 'tagName' in loader && value(loader, 'src')).toBe('/-/loader.js');
      dropLeadingSpace(head, original);
      expect(plain(changed)).toEqual(plain(original));
    }),
    runs,
  );
});

it('leaves no module without a mark, and lists all imports', () => {
  fc.assert(
    fc.property(page, (before) => {
      const after = inject(before);
      if (after === undefined) return;
      const elements = elementsOf(tree(after));
      expect(elements.filter((e) => isLive(e) && value(e, 'data-modcast') === undefined)).toEqual([]);
      const { scripts, importMap, laterImportMaps } = readPage(bytes(before), options.lex);
      expect(elements.filter((e) => value(e, 'data-modcast') === 'module')).toHaveLength(scripts.length);
      expect(elements.filter((e) => value(e, 'data-modcast') === 'importmap')).toHaveLength(
        laterImportMaps.length + (importMap === undefined ? 0 : 1),
      );
      // Scripts count in source order. In the tree, an SVG script in a table comes before the table.
      const start = (e: Tree.Element) => e.sourceCodeLocation?.startOffset ?? 0;
      elements.sort((a, b) => start(a) - start(b));
      const inline = elements.map((e) => value(e, 'data-modcast-imports')).filter((v) => v !== undefined);
      const imports = scripts
        .filter((s) => s.kind === 'inline' && s.imports[0]?.specifier !== BROKEN)
        .map((s) => s.imports.map((i) => i.specifier));
      expect(inline.map((v) => JSON.parse(v))).toEqual(imports);
    }),
    runs,
  );
});

it('leaves its own result unchanged', () => {
  fc.assert(
    fc.property(page, (before) => {
      const after = inject(before);
      if (after !== undefined) expect(inject(after)).toBeUndefined();
    }),
    runs,
  );
});

it('records where the text of each held inline script starts', () => {
  fc.assert(
    fc.property(page, (before) => {
      const after = inject(before);
      if (after === undefined) return;
      const source = before.replace(/^\xef\xbb\xbf/, '');
      const start = (e: Tree.Element) => e.sourceCodeLocation!.startOffset;
      const inOrder = (text: string) =>
        elementsOf(tree(text))
          .filter((e) => e.tagName === 'script' && e.sourceCodeLocation)
          .toSorted((a, b) => start(a) - start(b));
      const originals = inOrder(before);
      const [, , ...injected] = inOrder(after);
      expect(injected).toHaveLength(originals.length);
      injected.forEach((element, index) => {
        const at = value(element, 'data-modcast-at');
        if (at === undefined) return;
        const text = source.slice(0, originals[index]!.sourceCodeLocation!.startTag!.endOffset);
        const lines = text.split(/\r\n|\r|\n/);
        expect(at).toBe(`${lines.length}:${bytes(lines.at(-1)!).toString('utf8').length + 1}`);
      });
    }),
    runs,
  );
});

it('holds a deferred script only if it could overtake a held module', () => {
  fc.assert(
    fc.property(page, (before) => {
      const after = inject(before);
      if (after === undefined) return;
      const elements = elementsOf(tree(after)).filter((e) => e.sourceCodeLocation);
      const start = (e: Tree.Element) => e.sourceCodeLocation!.startOffset;
      const first = Math.min(...elements.filter((e) => value(e, 'data-modcast') === 'module').map(start));
      for (const element of elements) {
        const isMarked = value(element, 'data-modcast') === 'defer';
        if (isMarked) expect(start(element)).toBeGreaterThan(first);
        const waits =
          element.tagName === 'script' &&
          element.namespaceURI.endsWith('xhtml') &&
          Boolean(value(element, 'src')) &&
          value(element, 'defer') !== undefined &&
          value(element, 'async') === undefined &&
          /^(?:|\s*text\/javascript)$/i.test(value(element, 'type') ?? '') &&
          element.sourceCodeLocation!.endTag !== undefined;
        if (waits && !isMarked) expect(start(element)).toBeLessThan(first);
      }
    }),
    runs,
  );
});
