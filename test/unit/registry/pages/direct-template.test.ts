import { describe, expect, it } from 'vitest';
import { lexSpecifiers } from '../../../../importmap/index.js';
import { directTemplate } from '../../../../registry/pages/direct-template.js';
import { readPage } from '../../../../registry/pages/read-page.js';

const LOADER = '/-/fused-loader.js?v=1';
const MAIN = '<script type="module" src="./main.mjs"></script>';

function templateOf(html: string, policies: readonly string[] = []) {
  const bytes = Buffer.from(html, 'latin1');
  return directTemplate(bytes, readPage(bytes, lexSpecifiers), LOADER, policies);
}

/** The page with the sources that its author wrote, and without what is added to its head. */
const filled = (html: string): string =>
  templateOf(html)!
    .parts.map((part) => {
      if (part === 'head') return '';
      return part instanceof Uint8Array ? Buffer.from(part).toString('latin1') : part.src;
    })
    .join('');

const withoutMarks = (html: string): string =>
  html.replace(/ data-modcast-(?:src|type)="[^"]*"/g, '').replaceAll('modcast/importmap', 'importmap');

describe('a page that starts without the loader keeps all of its bytes', () => {
  it.each([
    ['a module script', `<!doctype html><title>x</title>${MAIN}<p>\xff\x00`],
    [
      'several, in other quotes or none',
      `<script type=module src=a.mjs></script><script src='b.mjs' type='module' async></script>`,
    ],
    ['an inline one', `${MAIN}<script type="module">import './a.mjs'; import.meta.url;</script>`],
    ['an import map', `<script type="importmap">{ "imports": { "a": "./a.mjs" } }</script>${MAIN}`],
    ['classic scripts', `<script>a()</script><script src="b.js" defer></script>${MAIN}`],
    ['scripts with a nonce', '<script type="module" nonce="x" src="a.mjs"></script>'],
    ['a byte order mark', `\xef\xbb\xbf<!doctype html>${MAIN}`],
  ])('%s', (_, html) => {
    expect(withoutMarks(filled(html))).toBe(html);
  });

  it('says what its author wrote where that was changed', () => {
    expect(
      filled(`<script type="importmap">{}</script><script type="module" src="a.mjs?x=1&y"></script>`),
    ).toBe(
      '<script data-modcast-type="importmap" type="modcast/importmap">{}</script>' +
        '<script data-modcast-src="a.mjs?x=1&#38;y" type="module" src="a.mjs?x=1&y"></script>',
    );
  });
});

describe('a page needs the loader', () => {
  it.each([
    ['without a module script', '<!doctype html><title>x</title>'],
    ['with a <base>', `<base href="/x/">${MAIN}`],
    [
      'with several import maps',
      `<script type="importmap">{}</script><script type="importmap">{}</script>${MAIN}`,
    ],
    ['with a modulepreload link', `<link rel="modulepreload" href="a.mjs">${MAIN}`],
    ['with the integrity of a script', '<script type="module" integrity="sha384-x" src="a.mjs"></script>'],
    ['with a script that blocks rendering', '<script type="module" blocking="render" src="a.mjs"></script>'],
    ['with a script without the nonce', `<script nonce="x">a()</script>${MAIN}`],
    [
      'with import.meta.resolve in an inline script',
      '<script type="module">import.meta.resolve("x")</script>',
    ],
    ['with modcast in an inline script', '<script type="module">modcast.ready.then(a)</script>'],
    ['with an inline script that inserts module scripts', '<script type="module">s.type = "module"</script>'],
    ['with the loader of its author', `<script src="/-/fused-loader.js"></script>${MAIN}`],
    ['that is opted out', `<meta name="modcast" content="off">${MAIN}`],
    ['with a module script in SVG', '<svg><script type="module" href="a.mjs"></script></svg>'],
    ['with one in a shadow root', `<p><template shadowrootmode="open">${MAIN}</template></p>${MAIN}`],
    ['in UTF-16', `\xff\xfe${MAIN}`],
  ])('%s', (_, html) => {
    expect(templateOf(html)).toBeUndefined();
  });

  it('where a policy forbids inline scripts', () => {
    expect(templateOf(MAIN, ["script-src 'self'"])).toBeUndefined();
    expect(templateOf(MAIN, ["img-src 'self'"])).toBeDefined();
  });
});
