import { describe, expect, it, vi } from 'vitest';
import { type InjectOptions, injectPage } from '../../../../registry/pages/inject-page.js';
import type { Lex } from '../../../../registry/pages/read-page.js';

const LOADER = '<script async src="/-/loader.js" data-channel="dev"></script>';
const G = '<script data-guard="/-/loader.js">guard</script>';
/** The guard of a page that has scripts to hold. */
const H = '<script data-guard="/-/loader.js" data-holds>guard</script>';
/** Its own tests are below. */
const STOP = '<script type="importmap" data-modcast="none"></script>';
const L = G + LOADER;
const HL = H + LOADER;
const IMPORT = /import\s*(\()?\s*['"]([^'"]*)['"]/g;
const lex: Lex = (source) =>
  [...source.matchAll(IMPORT)].map((m) => ({ specifier: m[2] ?? '', dynamic: m[1] !== undefined }));
const options: InjectOptions = {
  loader: { src: '/-/loader.js' },
  guard: 'guard',
  data: { channel: 'dev' },
  lex,
};

/** Pages are written with one character per byte, so that they can contain any byte. */
function inject(page: string, using: Parameters<typeof injectPage>[1] = options): string | undefined {
  const injected = injectPage(Buffer.from(page, 'latin1'), using);
  return injected && Buffer.from(injected).toString('latin1').replace(STOP, '');
}

describe('the loader goes first into the head', () => {
  it.each([
    [
      'after <head>',
      '<!doctype html><html><head><title>x</title>',
      `<!doctype html><html><head>${L}<title>x</title>`,
    ],
    ['after a <head> with attributes', '<HEAD profile=">"\r\n>a', `<HEAD profile=">"\r\n>${L}a`],
    ['after <html> when there is no <head>', '<html lang=en><body>x', `<html lang=en>${L}<body>x`],
    ['after <html> when only </head> is there', '<html></head><body>x', `<html>${L}</head><body>x`],
    ['after the doctype', '<!doctype html><title>x</title>', `<!doctype html>${L}<title>x</title>`],
    [
      'after comments before and after the doctype',
      '<!-- a --><!doctype html><!-- b --><p>',
      `<!-- a --><!doctype html><!-- b -->${L}<p>`,
    ],
    [
      'after an XML declaration',
      '<?xml version="1.0"?>\r\n<!doctype html><p>',
      `<?xml version="1.0"?>\r\n<!doctype html>${L}<p>`,
    ],
    [
      'after the white space that the parser drops',
      '<!doctype html>\r\n\t<html>\n <!-- c -->\n <p>',
      `<!doctype html>\r\n\t<html>\n <!-- c -->\n ${L}<p>`,
    ],
    ['before text', '<!doctype html> hello', `<!doctype html> ${L}hello`],
    ['at the start of a fragment', '<p>x', `${L}<p>x`],
    ['before a doctype that is too late to count', 'x<!doctype html>', `${L}x<!doctype html>`],
    [
      'before a <head> that is too late to count',
      '<title>x</title><head><p>',
      `${L}<title>x</title><head><p>`,
    ],
    [
      'into the first of several heads',
      '<head><title>x</title></head><head><body>',
      `<head>${L}<title>x</title></head><head><body>`,
    ],
    ['before a frameset', '<html><frameset></frameset>', `<html>${L}<frameset></frameset>`],
    [
      'not into a <head> that is in a comment or script',
      '<!-- <head> --><script>"<head>"</script>',
      `<!-- <head> -->${L}<script>"<head>"</script>`,
    ],
    ['into an unclosed head at the very end', '<html><head>', `<html><head>${L}`],
    [
      'after a UTF-8 byte order mark',
      '\xef\xbb\xbf<!doctype html><head>\xc3\xa9',
      `\xef\xbb\xbf<!doctype html><head>${L}\xc3\xa9`,
    ],
    ['after a byte order mark in a fragment', '\xef\xbb\xbf\n<p>', `\xef\xbb\xbf\n${L}<p>`],
  ])('%s', (_, page, expected) => {
    expect(inject(page)).toBe(expected);
  });

  it('with the options as data attributes, in ASCII and escaped', () => {
    const data = { bootMode: 'fresh', map: '{"a":"\'"}', text: '<é&😀"' };
    expect(inject('<head>', { ...options, data })).toBe(
      `<head>${G}<script async src="/-/loader.js" data-boot-mode="fresh" data-map='{"a":"&#39;"}'` +
        " data-text='&#60;&#233;&#38;&#128512;\"'></script>",
    );
  });

  it.each(['', 'a b', 'x"onload', '1'])('and refuses %j as the name of one', (key) => {
    const injecting = () => inject('<head>', { ...options, data: { [key]: '' } });
    expect(injecting).toThrow(expect.objectContaining({ code: 'option-invalid', found: key }));
  });

  it('with the first nonce that is on a script', () => {
    const page =
      '<head><style nonce=no></style><script nonce></script><p><script nonce="a&amp;<b">1</script><script nonce=c>1</script>';
    expect(inject(page)).toContain(
      '<head><script data-guard="/-/loader.js" nonce="a&#38;&#60;b">guard</script>' +
        '<script async src="/-/loader.js" data-channel="dev" nonce="a&#38;&#60;b"></script><style',
    );
  });

  it('with options that depend on the page', () => {
    const page = '<base href="/sub/"><script type=importmap>{}</script><p>';
    const injected = inject(page, ({ base, importMap }) => ({
      ...options,
      data: { base: base ?? '', map: importMap ?? '' },
    }));
    expect(injected).toMatch(
      /^<script data-guard="\/-\/loader\.js">guard<\/script><script async src="\/-\/loader\.js" data-base="\/sub\/" data-map="\{\}"><\/script><base/,
    );
  });
});

describe('marked for the guard', () => {
  const held =
    '<script data-modcast="module" data-modcast-imports=\'["./a.mjs"]\' data-modcast-at="1:27" type=module>import \'./a.mjs\'</script>';
  it.each([
    [
      'a module script',
      '<script type="module" src="a.mjs"></script>',
      '<script data-modcast="module" type="module" src="a.mjs"></script>',
    ],
    ['an inline one, with its specifiers', "<script type=module>import './a.mjs'</script>", held],
    [
      'an import map',
      '<script type="importmap">{}</script>',
      '<script data-modcast="importmap" type="importmap">{}</script>',
    ],
    [
      'a type with white space, which Firefox ignores',
      '<script type=" module\n" src=a></script><script type="\timportmap">{}</script>',
      '<script data-modcast="module" type=" module\n" src=a></script><script data-modcast="importmap" type="\timportmap">{}</script>',
    ],
    ['a preload', '<link rel="modulepreload" href=a>', '<link rel="modcast-modulepreload" href=a>'],
    [
      'only that token of rel',
      "<link href=a rel='x ModulePreload\r\n preload'>",
      "<link href=a rel='x modcast-modulepreload\r\n preload'>",
    ],
    ['a preload without quotes', '<LINK REL=MODULEPRELOAD>', '<LINK REL=modcast-modulepreload>'],
    [
      'a token with a character reference',
      '<link rel="module&#112;reload x&amp;y">',
      '<link rel="modcast-modulepreload&#32;x&#38;y">',
    ],
    [
      'the same token in both ways',
      '<link rel="modulepreload modul&#101;preload">',
      '<link rel="modcast-modulepreload&#32;modcast-modulepreload">',
    ],
    ['a token after a reference', '<link rel=a&#32;modulepreload>', '<link rel=a&#32;modcast-modulepreload>'],
    [
      'another case',
      "<SCRIPT\tTYPE = 'MODULE' SRC=a></SCRIPT >",
      '<SCRIPT data-modcast="module"\tTYPE = \'MODULE\' SRC=a></SCRIPT >',
    ],
    [
      'line breaks in the tag',
      '<script\r\nsrc=a\r\ntype\r\n=\r\nmodule\r\n></script>',
      '<script data-modcast="module"\r\nsrc=a\r\ntype\r\n=\r\nmodule\r\n></script>',
    ],
    [
      'a type with character references',
      '<script src=a type=&#109;odul&#x65></script>',
      '<script data-modcast="module" src=a type=&#109;odul&#x65></script>',
    ],
    [
      'the first of two types',
      '<script type=module type=text/plain src=a></script>',
      '<script data-modcast="module" type=module type=text/plain src=a></script>',
    ],
    [
      'tags without spaces',
      '<script/type="module"src="a"></script>',
      '<script data-modcast="module"/type="module"src="a"></script>',
    ],
    [
      'names like the value',
      '<script module type=module src=module></script>',
      '<script data-modcast="module" module type=module src=module></script>',
    ],
    [
      'a script in SVG',
      "<svg><script type='module' href=a></script></svg>",
      '<svg><script data-modcast="module" type=\'module\' href=a></script></svg>',
    ],
    [
      'a script in SVG that closes itself',
      '<svg><g><script type="module" xlink:href=a /></g>',
      '<svg><g><script data-modcast="module" type="module" xlink:href=a /></g>',
    ],
    [
      'one in HTML inside SVG',
      '<svg><foreignObject><p><script type=module src=a></script>',
      '<svg><foreignObject><p><script data-modcast="module" type=module src=a></script>',
    ],
    [
      'one in a table',
      '<table><tr><script type=module src=a></script>',
      '<table><tr><script data-modcast="module" type=module src=a></script>',
    ],
    [
      'one after </html>',
      '<p></body></html><script type=module src=a></script>',
      '<p></body></html><script data-modcast="module" type=module src=a></script>',
    ],
    [
      'a preload in a shadow root',
      '<p><template shadowrootmode=open><link rel=modulepreload></template>',
      '<p><template shadowrootmode=open><link rel=modcast-modulepreload></template>',
    ],
    [
      'one among NUL and bytes that are no UTF-8',
      '\0<p \xff=\0>\xfe\r\n\0<script \xff type=module src=\xe9></script>\0',
      '\0<p \xff=\0>\xfe\r\n\0<script data-modcast="module" \xff type=module src=\xe9></script>\0',
    ],
  ])('%s', (_, page, expected) => {
    const tags = expected.includes('data-modcast="module"') ? HL : L;
    expect(inject(`<head>${page}`)).toBe(`<head>${tags}${expected}`);
  });

  it('tells an inline script’s specifiers in ASCII, each once, with nothing of them as markup', () => {
    const page = `<script type=module>import "./é.mjs"; import "b&'<>"; import("c"); import "c"</script>`;
    const injected = injectPage(Buffer.from(page), {
      ...options,
      lex: () => ['./é.mjs', "b&'<>", 'c', 'c'].map((specifier) => ({ specifier, dynamic: false })),
    });
    expect(Buffer.from(injected ?? []).toString()).toBe(
      `${HL}<script data-modcast="module" data-modcast-imports='["./\\u00e9.mjs","b&#38;&#39;&#60;&#62;","c"]' data-modcast-at="1:21"${page.slice('<script'.length)}`,
    );
  });

  it('also if the lexer fails', () => {
    const broken: Lex = () => {
      throw new SyntaxError('no module');
    };
    expect(inject('<script type=module>import</script>', { ...options, lex: broken })).toBe(
      `${HL}<script data-modcast="module" data-modcast-imports="[]" data-modcast-at="1:21" type=module>import</script>`,
    );
  });
});

describe('the place of an inline script’s text', () => {
  const SCRIPT = '<script type=module>1</script>';
  it.each([
    ['on the first line', SCRIPT, '1:21'],
    ['behind a byte order mark, which counts for nothing', `\ufeff${SCRIPT}`, '1:21'],
    ['behind lines that end in LF, CR LF and CR', `\n\r\n\r<p>\n\r${SCRIPT}`, '6:21'],
    ['behind a tag of several lines', '<script\ntype=module\n>1</script>', '3:2'],
    ['at the end of its tag’s line', '<script type=module>\n1</script>', '1:21'],
    ['in UTF-16 code units', `<p>é€😀${SCRIPT}`, '1:28'],
    ['in SVG', `<svg>${SCRIPT}`, '1:26'],
  ])('is recorded: %s', (_, page, at) => {
    const injected = Buffer.from(injectPage(Buffer.from(page), options) ?? []).toString();
    expect(/ data-modcast-at="([^"]*)"/.exec(injected)?.[1]).toBe(at);
    expect(injected).toMatch(
      / data-modcast="module" data-modcast-imports="\[\]" data-modcast-at="\d+:\d+"\s*type=module/,
    );
  });

  it('is that of each of several scripts', () => {
    const injected = inject(`<p>${SCRIPT}\n ${SCRIPT}${SCRIPT}`);
    expect([...injected!.matchAll(/ data-modcast-at="([^"]*)"/g)].map((match) => match[1])).toEqual([
      ...['1:24', '2:22', '2:52'],
    ]);
  });
});

describe('the import() calls of an inline module', () => {
  const calls = { ...options, importCalls: () => [3, 14] };

  it('are recorded behind the place of its text', () => {
    const page = '<script type=module>1</script><script type=module src=a>1</script><script>1</script>';
    expect(inject(page, calls)!.match(/ data-modcast-at="[^"]*"/g)).toEqual([' data-modcast-at="1:21,3,14"']);
  });

  it('are unknown if it does not parse', () => {
    const page = '<script type=module>!!</script>';
    expect(inject(page, { ...calls, parses: () => false })).toContain(' data-modcast-at="1:21"');
  });
});

describe('an inline module that does not parse', () => {
  const parses = (source: string) => !source.includes('!!');
  const using = { ...options, parses };

  it('is held too, so that the browser reports it in its turn', () => {
    const page = '<script type=module>!!</script>';
    expect(inject(`<head>${page}`, using)).toBe(
      `<head>${HL}<script data-modcast="module" data-modcast-at="1:27" type=module>!!</script>`,
    );
  });

  it('is the only one that is parsed', () => {
    const asked = vi.fn(() => true);
    inject('<script type=module src=a>x</script><script type=importmap>{}</script><script>1</script>', {
      ...options,
      parses: asked,
    });
    expect(asked).not.toHaveBeenCalled();
    inject("<svg><script type=module>import 'a' &amp; 1\r\n</script></svg>", { ...options, parses: asked });
    expect(asked.mock.calls).toEqual([["import 'a' & 1\n"]]);
  });

  it('makes a deferred script wait', () => {
    const page = '<script type=module>!!</script><script defer src=a></script>';
    expect(inject(`<head>${page}`, using)).toContain('<script data-modcast="defer" defer src=a></script>');
  });
});

describe('a deferred script behind a module script', () => {
  const MODULE = '<script type=module src=m></script>';
  const behind = (page: string) =>
    inject(`<head>${MODULE}${page}`)?.split('</script>').slice(3).join('</script>');

  it.each([
    ['<script defer src=a></script>', '<script data-modcast="defer" defer src=a></script>'],
    ['<SCRIPT\nSRC=a DEFER=no></SCRIPT>', '<SCRIPT data-modcast="defer"\nSRC=a DEFER=no></SCRIPT>'],
    [
      '<script defer src=a type=text/javascript></script>',
      '<script data-modcast="defer" defer src=a type=text/javascript></script>',
    ],
    [
      '<script defer type=" Text/JavaScript\n" src=a></script>',
      '<script data-modcast="defer" defer type=" Text/JavaScript\n" src=a></script>',
    ],
    ['<script defer type="" src=a></script>', '<script data-modcast="defer" defer type="" src=a></script>'],
    [
      '<script defer language=JavaScript src=a></script>',
      '<script data-modcast="defer" defer language=JavaScript src=a></script>',
    ],
    ['<script defer src=a type></script>', '<script data-modcast="defer" defer src=a type></script>'],
    ['<script/defer/src="a"></script>', '<script data-modcast="defer"/defer/src="a"></script>'],
  ])('waits for it: %j', (page, held) => {
    expect(behind(page)).toBe(held);
    // From any origin.
    expect(inject(`<head><script type=module>1</script>${page}`)).toContain(held);
    expect(inject(`<head><svg><script type=module href=m /></svg>${page}`)).toContain(held);
  });

  it.each([
    '<script src=a></script>',
    '<script async defer src=a></script>',
    '<script nomodule defer src=a></script>',
    '<script defer>1</script>',
    '<script defer src=""></script>',
    '<script defer src></script>',
    '<script defer src=a type=text/plain></script>',
    '<script defer src=a type="text/javascript;x=y"></script>',
    '<script defer src=a type=" "></script>',
    '<script defer src=a language=vbscript></script>',
    '<script defer src=a>',
    '<template><script defer src=a></script></template>',
    '<p><template shadowrootmode=open><script defer src=a></script></template>',
    '<svg><script defer href=a></script></svg>',
  ])('is not %s', (page) => {
    expect(behind(page)).toBe(page);
  });

  it('is not held before the first module script, or after only an import map', () => {
    const page =
      '<script defer src=a></script><script type=importmap>{}</script><script defer src=b></script>';
    expect(inject(`<head>${page}${MODULE}`)).toBe(
      `<head>${HL}${page}${MODULE}`
        .replace(' type=importmap', ' data-modcast="importmap" type=importmap')
        .replace(' type=module', ' data-modcast="module" type=module'),
    );
  });

  it('is never the author’s own loader tag', () => {
    const tag = '<script defer src="/-/loader.js"></script>';
    expect(inject(`<head>${MODULE}${tag}`)).toBe(
      `<head>${H}<script data-modcast="module" type=module src=m></script>${tag}`,
    );
  });
});

describe('a page with policies in its headers', () => {
  const page = '<head><script type=module src=a></script>';
  const withPolicies = (...policies: string[]) => inject(page, { ...options, policies });
  const bare = '<script async src="/-/loader.js" data-channel="dev" data-native=""></script>';

  it.each([
    [['']],
    [["img-src 'none'", "script-src 'self' 'unsafe-inline'; connect-src 'self'"]],
    [["require-trusted-types-for 'script'"]],
  ])('that allow the loader gets it: %s', (policies) => {
    expect(withPolicies(...policies)).toContain(`<head>${HL}<script data-modcast`);
  });

  it.each([
    [["script-src 'self'"]],
    [["default-src 'self'; style-src *"]],
    [["script-src 'self' 'unsafe-inline'", "script-src https:; connect-src 'self'"]],
  ])('that allow no inline script gets only the loader, which runs it natively: %s', (policies) => {
    expect(withPolicies(...policies)).toBe(page.replace('<head>', `<head>${bare}`));
  });

  it.each([
    [["script-src 'nonce-abc'"]],
    [["script-src 'sha256-AAAA'"]],
    [["script-src 'self' 'strict-dynamic'"]],
    [["script-src 'unsafe-inline' https://cdn.test"]],
    [["script-src 'self'; connect-src 'none'"]],
    [["script-src 'self' 'unsafe-inline'", "default-src data: 'unsafe-inline'"]],
    [["script-src 'self'; require-trusted-types-for 'script'"]],
  ])('that forbid the loader is served unchanged: %s', (policies) => {
    expect(withPolicies(...policies)).toBeUndefined();
  });
});

describe('a page of a server with two loaders', () => {
  const loaders = {
    ...options,
    loader: { src: '/-/fused-loader.js?v=1' },
    standalone: { src: '/-/loader.js?v=2' },
  };

  it('gets the one that needs a guard with the guard', () => {
    const injected = inject('<head>', loaders)!;
    expect(injected).toContain('<script data-guard="/-/fused-loader.js?v=1"');
    expect(injected).toContain('<script async src="/-/fused-loader.js?v=1"');
    expect(injected).not.toContain('/-/loader.js');
  });

  it('gets the other one without', () => {
    const injected = inject('<head>', { ...loaders, policies: ["script-src 'self'"] })!;
    expect(injected).toContain('<script async src="/-/loader.js?v=2" data-channel="dev" data-native=""');
    expect(injected).not.toContain('fused-loader');
  });

  it('keeps the one whose tag its author wrote', () => {
    const injected = inject('<head><script src="/-/loader.js"></script>', loaders)!;
    expect(injected.match(/<script [^>]*src=[^>]*>/g)).toEqual(['<script src="/-/loader.js">']);
  });
});

describe('a page with its own policy', () => {
  const page = (policy: string, rest = '') =>
    `<head><meta http-equiv="Content-Security-Policy" content="${policy}">${rest}<script type=module src=a></script>`;
  const nonce = '<script nonce="N1x">1</script>';

  it.each([
    "script-src 'self'",
    "default-src 'self'",
    "script-src 'none'",
    'script-src',
    "script-src 'unsafe-inline' https://cdn.test",
    "script-src 'self' 'unsafe-inline' 'sha256-AAAA'",
    "script-src 'self' 'unsafe-inline' 'nonce-other'",
    "script-src 'strict-dynamic' 'unsafe-inline' 'self'",
    "script-src 'self' 'unsafe-inline'; script-src-elem 'self'",
    "script-src 'self'; script-src 'self' 'unsafe-inline'",
    "img-src *; require-trusted-types-for 'script'",
    "default-src 'none'; script-src * 'unsafe-inline'",
    "connect-src 'none'",
    "connect-src https://api.test; default-src 'self' 'unsafe-inline'",
  ])('that forbids the loader is served unchanged: %s', (policy) => {
    expect(inject(page(policy))).toBeUndefined();
  });

  it.each([
    '',
    "img-src 'none'; object-src 'none'",
    "script-src 'self' 'unsafe-inline'",
    "SCRIPT-SRC\t'SELF'\n'Unsafe-Inline'",
    "default-src 'none'; script-src * 'unsafe-inline'; connect-src 'self'",
    "script-src * 'unsafe-inline'; connect-src https: wss:",
    "default-src 'none'; script-src * 'unsafe-inline'; connect-src wss://host.test",
    "script-src 'none'; script-src-elem https: 'unsafe-inline'",
    "script-src-attr 'none'",
  ])('that allows the loader gets it: %s', (policy) => {
    expect(inject(page(policy))).toContain(`<head>${HL}<meta`);
  });

  it('gets the loader if both have the nonce', () => {
    const injected = inject(page("script-src 'nonce-N1x' 'strict-dynamic'", nonce));
    expect(injected).toContain(
      '<head><script data-guard="/-/loader.js" data-holds nonce="N1x">guard</script>' +
        '<script async src="/-/loader.js" data-channel="dev" nonce="N1x"></script><meta',
    );
    expect(inject(page("script-src 'nonce-N2'", nonce))).toBeUndefined();
  });

  it('gets the loader only if each of two policies allows it', () => {
    const second = (policy: string) => `<meta http-equiv=content-security-policy content="${policy}">`;
    expect(inject(page('', second("script-src 'self'")))).toBeUndefined();
    expect(inject(page('', second("img-src 'self'")))).toContain(HL);
  });

  it('is not read from another http-equiv, or a template', () => {
    for (const meta of [
      `<meta http-equiv=refresh content="script-src 'none'">`,
      `<meta name=content-security-policy content="script-src 'none'">`,
      `<template><meta http-equiv=content-security-policy content="script-src 'none'"></template>`,
      `<meta http-equiv=content-security-policy-report-only content="script-src 'none'">`,
    ]) {
      expect(inject(`<head>${meta}`), meta).toBe(`<head>${L}${meta}`);
    }
  });
});

describe('left as written', () => {
  it.each([
    ['a classic script', '<script src=a></script><script type=text/javascript>1</script>'],
    ['data', '<script type=application/json>{}</script><script type="module;x=1">1</script>'],
    ['a second type', '<script type="text/plain" type="module">import "a"</script>'],
    ['a type without value', '<script type>1</script><script type=>1</script><link rel>'],
    ['the old attribute', '<script language=module>1</script>'],
    [
      'an empty script, which may be filled later',
      '<script type=module></script><script type=importmap></script>',
    ],
    ['a script that has no source to load', '<script type=module src="">1</script>'],
    ['an import map with src, which is an error', '<script type=importmap src=a>{}</script>'],
    ['templates', '<template><script type=module src=a></script><link rel=modulepreload></template>'],
    [
      'templates in templates',
      '<template shadowrootmode=open><template><script type=module src=a></script></template></template>',
    ],
    ['comments', '<!-- <script type=module src=a></script> --><![CDATA[<link rel=modulepreload>]]>'],
    ['noscript', '<noscript><script type=module src=a></script><link rel=modulepreload></noscript>'],
    [
      'text',
      '<title><script type=module src=a></script></title><textarea><link rel=modulepreload></textarea>',
    ],
    [
      'raw text',
      '<style><link rel=modulepreload></style><xmp><link rel=modulepreload></xmp><noframes><link rel=modulepreload></noframes>',
    ],
    ['frames', '<iframe srcdoc="<script type=module src=a></script>"><link rel=modulepreload></iframe>'],
    ['a script inside a script', '<script><!--<script type=module src=a></script>--></script>'],
    ['MathML', '<math><script type=module>1</script></math>'],
    ['links that are not HTML', '<svg><link rel=modulepreload /></svg>'],
    ['another rel', '<link rel="modulepreload-x xmodulepreload stylesheet"><link rel="modulepreload\xa0">'],
    ['a script in which the page breaks off', '<script type=module src=a>1'],
    ['a tag in which the page breaks off', '<script type=module src=a'],
    ['an SVG script that its parent ends', '<svg><script type=module href=a></svg>'],
    ['an SVG script whose slash belongs to its source', '<svg><script type=module href=a/></svg>'],
    ['an SVG script with the attribute of HTML', '<svg><script type=module src=a></script></svg>'],
    ['plain text', '<plaintext><script type=module src=a></script>'],
  ])('%s', (_, page) => {
    expect(inject(`<head>${page}`)).toBe(`<head>${L}${page}`);
  });

  it.each([
    ['a page that opts out', '<head><meta NAME=ModCast content=" OFF "><script type=module src=a></script>'],
    ['UTF-16, little-endian', '\xff\xfe<\0p\0>\0'],
    ['UTF-16, big-endian', '\xfe\xff\0<\0p\0>'],
    [
      'a module script in an open shadow root',
      '<p><template shadowrootmode=open><script type=module src=a></script></template>',
    ],
    [
      'an import map in a closed shadow root',
      '<p><template ShadowRootMode=CLOSED><script type=importmap>{}</script></template>',
    ],
    ['an empty page', ''],
    ['a blank page', '\xef\xbb\xbf<!doctype html>\r\n<!-- a -->\n'],
    ['a page that breaks off in its doctype', '<!doctype html'],
    ['a page that breaks off in a comment', '<!doctype html><!-- <p>'],
  ])('the whole of %s', (_, page) => {
    expect(inject(page)).toBeUndefined();
  });

  it.each([
    '<meta name=modcast content=on>',
    '<meta property=modcast content=off>',
    '<template><meta name=modcast content=off></template>',
  ])('not a page that merely has %s', (meta) => {
    expect(inject(`<head>${meta}`)).toBe(`<head>${L}${meta}`);
  });
});

describe('the author’s own loader tag', () => {
  const module = '<script type=module src=a></script>';
  it.each([
    '<script src="/-/loader.js"></script>',
    '<script src="https://cdn.example/modcast/-/loader.js?v=1#x" data-channel=production></script>',
    '<script type=" Text/JavaScript " async src=/-/loader.js></script>',
  ])('stays the only one, and scripts are held back for it: %s', (tag) => {
    expect(inject(`<head>${tag}${module}`)).toBe(
      `<head>${H}${tag}<script data-modcast="module" type=module src=a></script>`,
    );
  });

  it.each([
    '<script type=text/plain src="/-/loader.js"></script>',
    '<script src="/loader.js"></script>',
    '<script src="/x?/-/loader.js"></script>',
    '<script src="http://:/-/loader.js"></script>',
    '<script>"/-/loader.js"</script>',
    '<!-- <script src="/-/loader.js"></script> -->',
    '<template><script src="/-/loader.js"></script></template>',
    '<p><template shadowrootmode=open><script src="/-/loader.js"></script></template>',
    '<script src="/-/loader.js">',
  ])('is not detected in %s', (tag) => {
    expect(inject(`<head>${tag}`)).toBe(`<head>${L}${tag}`);
  });
});

describe('large pages', () => {
  it('are read completely, and each script is lexed once', () => {
    const filler = '<p class="é">é &eacute; \r\n</p>'.repeat(20);
    const script = '<script type=module>import "./a.mjs"</script>';
    const page = `<head>${`${filler}${script}`.repeat(1600)}`;
    expect(page.length).toBeGreaterThan(1e6);
    const counted = vi.fn(lex);
    const injected = injectPage(Buffer.from(page), { ...options, lex: counted });
    // Each filler has twenty lines.
    const held = (index: number) =>
      `<script data-modcast="module" data-modcast-imports='["./a.mjs"]' data-modcast-at="${20 * (index + 1) + 1}:25" type=module>import "./a.mjs"</script>`;
    const expected = Array.from({ length: 1600 }, (_, index) => filler + held(index)).join('');
    expect(Buffer.from(injected ?? []).equals(Buffer.from(`<head>${HL}${expected}`))).toBe(true);
    expect(counted).toHaveBeenCalledTimes(1600);
  });

  it('may nest deeper than the stack allows', () => {
    const deep = '<div>'.repeat(100_000);
    expect(inject(`<head>${deep}<script type=module src=a></script>`)).toBe(
      `<head>${HL}${deep}<script data-modcast="module" type=module src=a></script>`,
    );
  });
});

it('marks the scripts up to the last one that blocks rendering as early', () => {
  const page =
    '<script type=importmap>{}</script><script type=module src=a></script><script defer src=b></script>' +
    '<script type=module blocking=render src=c></script><script type=module src=d></script>';
  const marks = [...inject(page)!.matchAll(/ data-modcast="(\w+)"( data-modcast-early)?/g)];
  expect(marks.map(([, kind, early]) => [kind, early !== undefined])).toEqual([
    ['importmap', false],
    ['module', true],
    ['defer', true],
    ['module', true],
    ['module', false],
  ]);
});

describe('an import map for Firefox, which otherwise requests module scripts before they are held', () => {
  const inserted = (page: string) =>
    Buffer.from(injectPage(Buffer.from(page), options) ?? [])
      .toString()
      .includes(`</script>${STOP}`);

  it.each([
    '<script type=module src=a></script>',
    '<script type=module src=a></script><script type=importmap>{}</script>',
    '<script type=module>1</script><script async type=module src=a></script>',
  ])('precedes %s', (page) => {
    expect(inserted(page)).toBe(true);
  });

  it.each([
    '<p>',
    '<script type=module>1</script>',
    '<script src=a></script>',
    '<script type=importmap>{}</script><script type=module src=a></script>',
  ])('is not needed in %s', (page) => {
    expect(inserted(page)).toBe(false);
  });
});
