import { describe, expect, it } from 'vitest';
import { lexSpecifiers } from '../../../../importmap/index.js';
import { blake3 } from '../../../../registry/hash.js';
import { EarlyUses } from '../../../../registry/pages/classic-scripts.js';
import { earlyUse } from '../../../../registry/pages/early-use.js';
import { InjectedPages } from '../../../../registry/pages/injected-pages.js';
import { readPage } from '../../../../registry/pages/read-page.js';
import type { Manifest } from '../../../../schema/index.js';

describe('a classic script may use modules early', () => {
  it.each([
    ["import('x')", true, false],
    ["import /* later */ ('x')", true, false],
    ["import/* now */('x')", true, false],
    ["script.type = 'module'", true, false],
    ['script.setAttribute("type", `module`)', true, false],
    ['document.write("<script type=module src=a.mjs>")', true, false],
    ['document.write(\'<script type="module">\')', true, false],
    ["Object.assign(script, { type: 'importmap' })", true, true],
    ["script.type = 'mod' + 'ule'", true, false],
    ['eval("imp" + "ort(\'x\')")', true, false],
    ["script.type = 'import' +\n  'map'", true, true],
    ["html = '<script type=\"mod' + 'ule\">'", true, false],
    ["'a' + 'b'", false, false],
    ['typeof module === "object" && module.exports', false, false],
    ["script.type = 'text/javascript'", false, false],
    ['important()', false, false],
    ["reimport('x')", false, false],
  ])('%s', (source, modules, maps) => expect(earlyUse(source)).toMatchObject({ modules, maps }));
});

describe('a classic script may call the loader', () => {
  it.each([
    ["modcast.on('deploy', reload)", true],
    ['globalThis.modcast?.ready', true],
    ["element.className = 'modcast-bar'", false],
    ["import('modcast:run/a.mjs')", false],
    ['__modcast__()', false],
  ])('%s', (source, loader) => expect(earlyUse(source)).toMatchObject({ loader }));
});

describe('a classic script may start a worker of the deploy early', () => {
  it.each([
    ["new Worker('w.mjs', { type: 'module' })", true, false],
    ['new window.SharedWorker(url(name()), { name: ")", type: "module" })', true, false],
    ["new Worker('w.mjs', { 'type': 'mod' + 'ule' }); important()", true, false],
    ["const kind = 'module'; new Worker('w.mjs', { type: kind })", true, true],
    ["const options = { type: 'module' };\nnew Worker('w.mjs', options)", true, true],
    ["new Worker('w.mjs', { type: 'module' }); import('x')", true, true],
    ["new Worker(await import('x'), { type: 'module' })", true, true],
    ["new Worker('w.js')\nObject.assign(script, { type: 'module' })", true, true],
    [`new Worker('w.mjs', { type: 'module' /* ${'x'.repeat(600)} */ })`, true, true],
    ["CSS.paintWorklet.addModule('paint.mjs')", true, false],
    ["context.audioWorklet['addModule'](url)", true, false],
    ["new Worker('w.js')", false, false],
    ["new Workers('w.js', { type: 'module' })", false, true],
    ["script.type = 'module'", false, true],
  ])('%s', (source, workers, modules) => expect(earlyUse(source)).toMatchObject({ workers, modules }));
});

const SCRIPTS = {
  'js/early.js': "import('./a.mjs')",
  'maps.js': "type = 'importmap'",
  'late.js': 'x()',
  'js/worker.js': "new Worker('/w.mjs', { type: 'module' })",
  'js/loads.js': "document.createElement('script').src = 'js/early.js'",
  'js/chain.js': "document.write('<script src=/js/loads.js></scr' + 'ipt>')",
  'js/circle.js': "script.src = './js/circle.js'",
  'js/module.js': "import a from './a.mjs'; import('./b.mjs');",
};
const contents = new Map(Object.values(SCRIPTS).map((text) => [blake3(Buffer.from(text)), text]));
const manifest: Manifest = {
  modules: new Map(
    Object.entries(SCRIPTS).map(([path, text]) => [
      path,
      { hash: blake3(Buffer.from(text)), size: text.length, type: 'text/javascript' },
    ]),
  ),
  entries: [],
  importMap: null,
};

function reader() {
  const read: string[] = [];
  const readBlob = async (hash: string) => {
    const text = contents.get(hash)!;
    read.push(text);
    return Buffer.from(text);
  };
  return { read, readBlob };
}

describe('the classic scripts of a page', () => {
  const useOf = (html: string, at = 'index.html') => {
    const { readBlob } = reader();
    return new EarlyUses(readBlob).of(readPage(Buffer.from(html), lexSpecifiers), at, manifest);
  };

  it.each([
    ['none', '<script type=module>import("x")</script>', false, false],
    ['inline ones', '<script>import("x")</script>', true, false],
    ['an inline import map by a script', '<script>x.type="importmap"</script>', true, true],
    ['the site’s own', '<script src=js/early.js></script>', true, false],
    ['relative to the base', '<base href=/js/><script src=early.js></script>', true, false],
    ['several', '<script src=late.js></script><script defer src=/maps.js?v=1></script>', true, true],
    ['those that an inline one loads', '<script>s.src = "js/early.js"</script>', true, false],
    [
      'those that an inline one writes',
      '<script>document.write("<script src=/maps.js>")</script>',
      true,
      true,
    ],
    ['those that the site’s own load', '<script src=js/chain.js></script>', true, false],
    [
      'those that an inline one writes in parts',
      `<script>write('<scr' + 'ipt src=js/ea' + 'rly.js>')</script>`,
      true,
      false,
    ],
    ['one that loads itself', '<script src=js/circle.js></script>', false, false],
    ['one that names a module', '<script>img.src = "x"; list = ["js/module.js"]</script>', false, false],
    ['one that loads nothing', '<script>list = ["js/early.js"]</script>', false, false],
    ['handlers in attributes', `<p><img onerror="import('x')">`, true, false],
    ['handlers of the body', `<body onload='later(() => import("x"))'>`, true, false],
    ['handlers without quotes', '<button onclick=import("x")>', true, false],
    ['handlers with references', '<button onclick="import&#40;&#39;x&#39;)">', true, false],
    ['handlers that add maps', `<body onload="s.type = 'importmap'">`, true, true],
    ['handlers in SVG', `<svg onload="import('x')"/>`, true, false],
    ['handlers that load scripts', `<body onload="s.src = 'js/early.js'">`, true, false],
    ['javascript: URLs', `<a href="javascript:void import('x')">`, true, false],
    [
      'attributes of other kinds',
      `<a title="import('x')" href="import(1)" data-on="import('x')">`,
      false,
      false,
    ],
    ['harmless handlers', '<button onclick="important()">', false, false],
    ['harmless ones', '<script src=late.js></script><script>x()</script>', false, false],
    ['those of other sites', '<script src=https://cdn.test/js/early.js></script>', false, false],
    ['those that no browser with modules runs', '<script nomodule>import("x")</script>', false, false],
    ['data blocks', '<script type=text/template>import("x")</script>', false, false],
  ])('%s', async (_name, html, modules, maps) => expect(await useOf(html)).toMatchObject({ modules, maps }));

  it.each([
    ['an inline one', '<script>new Worker(u, { type: "module" })</script>', {}, false],
    ['the site’s own', '<script src=js/worker.js></script>', {}, false],
    ['one in an attribute', `<body onload="CSS.paintWorklet.addModule('p.mjs')">`, {}, false],
    ['none that starts a module worker', '<script>new Worker(u)</script>', {}, true],
    ['one, and workers run natively', '<script>new Worker(u, { type: "module" })</script>', null, true],
  ])('wait for the loader where a worker needs it: %s', async (_name, html, workers, isAsync) => {
    const { readBlob } = reader();
    const data: Record<string, string> = workers === null ? {} : { workers: '' };
    const loader = { loader: { src: '/-/loader.js' }, guard: 'guard', data };
    const version = { key: '1', manifest, loader, data: () => ({}) };
    const { injected } = await new InjectedPages(readBlob).page('index.html', Buffer.from(html), version);
    const start = `<script${isAsync ? ' async' : ''} src="/-/loader.js"`;
    expect(Buffer.from(injected!.bytes).toString()).toContain(start);
  });

  it('are each read once, and the page says what they may do', async () => {
    const { read, readBlob } = reader();
    const pages = new InjectedPages(readBlob);
    const textOf = async (html: string, key: string) => {
      const loader = { loader: { src: '/-/loader.js' }, guard: 'guard', data: {} };
      const version = { key, manifest, loader, data: () => ({}) };
      const { injected } = await pages.page('index.html', Buffer.from(html), version);
      return Buffer.from(injected!.bytes).toString();
    };
    const script = '<script src=js/early.js></script>';
    expect(await textOf(script, '1')).toContain(' data-early="import" data-entries');
    expect(await textOf(`${script}<p>`, '2')).toContain(' data-early="import"');
    expect(read).toEqual([SCRIPTS['js/early.js']]);
    expect(await textOf('<script src=late.js></script>', '3')).not.toContain('data-early');
    const blocking = '<script type=module blocking="x Render" src=a.mjs></script>';
    expect(await textOf(blocking, '4')).toContain(' data-early="render"');
    expect(await textOf(blocking.replace('Render', 'rendering'), '5')).not.toContain('data-early');
  });
});
