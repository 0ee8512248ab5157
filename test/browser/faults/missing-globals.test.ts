import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleGlobals } from '../../bundle-globals.js';
import { TemporarySite } from '../counted-site.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { serveModcast } from '../serve-modcast.js';
import type { Site } from '../serve-site.js';
import { openProxy, type TamperingProxy } from './tampering-proxy.js';

/** The page cannot take these away. */
const UNFORGEABLE = ['document', 'location', 'window'];
const GLOBALS = bundleGlobals().filter((name) => !UNFORGEABLE.includes(name));

/** What a frame's page does in the middle of its scripts, or before all others. */
interface Case {
  readonly name: string;
  readonly before?: string;
  readonly between?: string;
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

const define = (name: string, value: string) =>
  `Object.defineProperty(window, ${JSON.stringify(name)}, { value: ${value}, configurable: true, writable: true });`;
const THROWS = 'function () { throw new TypeError("replaced") }';

/** Objects whose members the guard uses. */
const OBJECTS = words(`
  Array.prototype String.prototype RegExp.prototype JSON Map.prototype Set.prototype WeakMap.prototype WeakSet.prototype
  Promise Promise.prototype URL URL.prototype CSS EventTarget.prototype Event.prototype Node.prototype NodeList.prototype
  Element.prototype HTMLElement.prototype HTMLScriptElement.prototype HTMLLinkElement.prototype Document.prototype
  DOMTokenList.prototype NamedNodeMap.prototype Performance.prototype History.prototype MutationObserver.prototype
  Function.prototype Object`);

/** Replaces all functions among the members of objects: its methods, or its getters and setters. */
const replaceMembers = (objects: readonly string[], value: string, kind: 'methods' | 'accessors') => `
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { ownKeys } = Reflect;
const objects = [${objects.join()}];
for (let i = 0; i < objects.length; i++) {
  const keys = ownKeys(objects[i]);
  for (let k = 0; k < keys.length; k++) {
    const { value, get, configurable } = getOwnPropertyDescriptor(objects[i], keys[k]);
    if (!configurable || keys[k] === 'constructor') continue;
    if (${kind === 'methods'} && typeof value === 'function')
      defineProperty(objects[i], keys[k], { value: ${value}, configurable: true, writable: true });
    if (${kind === 'accessors'} && get !== undefined)
      defineProperty(objects[i], keys[k], { get: ${value}, set: ${value}, configurable: true });
  }
}`;

/** Gives an object members that hide those that it inherits. */
const hideInherited = (object: string) => `
for (let parent = Object.getPrototypeOf(${object}); parent !== null; parent = Object.getPrototypeOf(parent))
  for (const key of Reflect.ownKeys(parent))
    if (typeof Object.getOwnPropertyDescriptor(parent, key).value === 'function' && key !== 'constructor')
      Object.defineProperty(${object}, key, { value: ${THROWS}, configurable: true, writable: true });`;

/** Names of the document's members that an element of the page hides. */
const CLOBBERED = words(`
  baseURI body createElement currentScript dispatchEvent documentElement head images querySelector
  querySelectorAll readyState scripts addEventListener removeEventListener`);

const REPLACED: readonly Case[] = [
  ...GLOBALS.map((name) => ({ name: `${name} replaced`, between: define(name, THROWS) })),
  {
    name: 'all replaced',
    between: `const { defineProperty } = Object;
${GLOBALS.map((name) => define(name, THROWS).replace('Object.', '')).join('')}`,
  },
  { name: 'all shadowed', between: `let ${GLOBALS.map((name) => `${name} = 1`).join()};` },
  { name: 'methods that throw', between: replaceMembers(OBJECTS, THROWS, 'methods') },
  { name: 'methods that do nothing', between: replaceMembers(OBJECTS, 'function () {}', 'methods') },
  { name: 'accessors that throw', between: replaceMembers(OBJECTS, THROWS, 'accessors') },
  ...OBJECTS.map((object) => ({
    name: `methods of ${object} that throw`,
    between: replaceMembers([object], THROWS, 'methods'),
  })),
  ...words('HTMLScriptElement HTMLLinkElement HTMLElement Element').map((name) => ({
    name: `methods of ${name} that hide others`,
    between: hideInherited(`${name}.prototype`),
  })),
  {
    name: 'timers cleared',
    between: `for (let i = 0; i < 999; i++) clearInterval(i); ${define('WebSocket', THROWS)}`,
  },
  {
    name: 'document hidden',
    between: `document.write('<p>' + ${JSON.stringify(CLOBBERED.map((name) => `<img alt name="${name}">`).join(''))});`,
  },
];

const REMOVED: readonly Case[] = [
  ...GLOBALS.map((name) => ({ name: `${name} removed`, before: define(name, 'undefined') })),
  { name: 'import maps removed', before: 'HTMLScriptElement.supports = () => false;' },
  ...[
    'URL.canParse',
    'Array.prototype.toSorted',
    'String.prototype.isWellFormed',
    'Array.prototype.findLast',
    'Object.hasOwn',
  ].map((member) => ({
    name: `${member} removed`,
    before: `delete ${member};`,
  })),
  // The signs of merged import maps, and what only some of the browsers have.
  ...[
    'Element.prototype.moveBefore',
    'window.Iterator',
    'Uint8Array.prototype.toBase64',
    'navigator.sendBeacon',
  ].map((member) => ({ name: `${member} removed`, before: `delete ${member};` })),
];

const CASES = [...REPLACED, ...REMOVED];

const say = (name: string) => `import { next } from 'dep'; say('${name} ' + next());`;

/** Opens the page of each case in a frame, a few at a time. They stay for a while: nothing may run twice. */
const RUNNER = `<!doctype html><meta name="modcast" content="off"><title>t</title>
<script>
globalThis.ran = [];
globalThis.told = [];
globalThis.from = [];
let opened = 0;
const ended = [];
const frames = [];
function open() {
  if (opened === ${CASES.length}) return;
  ran[opened] = [];
  told[opened] = [];
  const frame = document.createElement('iframe');
  frame.src = 'case-' + opened++ + '.html';
  frames.push(frame);
  document.documentElement.append(frame);
}
globalThis.end = (index) => setTimeout(() => {
  from[index] = frames[index].contentWindow.modcast?.stats().boot?.from ?? null;
  ended.push(frames[index]);
  if (ended.length > 8) ended[ended.length - 9].remove();
  open();
  globalThis.all = ended.length === ${CASES.length};
});
for (let i = 0; i < 12; i++) open();
</script>`;

/** Runs before the guard. */
const FIRST = `
const index = Number(/case-(\\d+)/.exec(location)?.[1]);
if (index >= 0) {
  const told = parent.told[index];
  for (const name of ['info', 'warn', 'error'])
    console[name] = (...texts) => { told[told.length] = texts.join(' '); };
  const log = parent.ran[index];
  const { end } = parent;
  globalThis.listen = addEventListener;
  globalThis.say = (text) => {
    log[log.length] = text;
    if (text === 'load') end(index);
  };
  onerror = (message) => { told[told.length] = message; };
  (0, eval)(${JSON.stringify(CASES.map(({ before = '' }) => before))}[index]);
}`;

const casePage = ({ between = '' }: Case) => `<!doctype html><title>t</title>
<script>
listen('DOMContentLoaded', () => say('DOMContentLoaded'));
listen('load', () => say('load'));
</script>
<script>${between}</script>
<script type="importmap">{ "imports": { "dep": "./dep.mjs" } }</script>
<link rel="modulepreload" href="dep.mjs">
<script type="module" src="main.mjs"></script>
<script type="module">${say('inline')}</script>
<script type="module" src="last.mjs"></script>
<script defer src="classic.js"></script>
`;

const FILES: Record<string, string> = {
  'index.html': RUNNER,
  ...Object.fromEntries(CASES.map((one, i) => [`case-${i}.html`, casePage(one)])),
  'dep.mjs': 'let count = 0; export const next = () => ++count;',
  'main.mjs': say('main'),
  'last.mjs': say('last'),
  'classic.js': "say('classic');",
};

const NATIVE = ['main 1', 'inline 2', 'last 3', 'classic', 'DOMContentLoaded', 'load'];

inEachEngine((engine) => {
  let directory: TemporarySite;
  let site: Site;
  let proxy: TamperingProxy;
  let browser: OpenBrowser;
  let opened: BrowserPage;
  beforeAll(async () => {
    directory = await TemporarySite.create(FILES);
    site = await serveModcast(directory.directory);
    const page = (html: string) => html.replace('<script', `<script>${FIRST}</script><script`);
    proxy = await openProxy(site.url, { page });
    browser = await engine.launch();
    opened = await browser.newPage();
    opened.timeout = 110_000;
    await opened.goto(proxy.url);
    await opened.until(() => (globalThis as { all?: boolean }).all);
  });
  afterAll(async () => {
    await browser.close();
    await proxy.close();
    await site.close();
    await directory.close();
  });

  it('a page runs natively, each module once and in order, whatever global it replaces or lacks', async () => {
    const ran = await opened.evaluate(() => (globalThis as unknown as { ran: string[][] }).ran);
    const wrong = CASES.map(({ name }, i) => ({ name, ran: ran[i] })).filter(
      (one) => JSON.stringify(one.ran) !== JSON.stringify(NATIVE),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    'import maps',
    'URL.canParse',
    'Array.prototype.toSorted',
    'String.prototype.isWellFormed',
    'DecompressionStream',
  ])('the console names what the browser lacks: %s', async (feature) => {
    const told = await opened.evaluate(
      (index) => (globalThis as unknown as { told: string[][] }).told[index]!,
      CASES.findIndex(({ name }) => name === `${feature} removed`),
    );
    expect(told).toEqual([`modcast: this page runs without modcast: the browser has no ${feature}`]);
  });

  it.each(
    words('fetch WebSocket Blob indexedDB crypto TextEncoder TextDecoder setTimeout clearTimeout JSON'),
  )('a page that replaces %s boots with what the guard has kept', async (global) => {
    const from = await opened.evaluate(
      (index) => (globalThis as unknown as { from: (string | null)[] }).from[index],
      CASES.findIndex(({ name }) => name === `${global} replaced`),
    );
    expect(from).toMatch(/^(?:network|cache)$/);
  });

  it('the console says once why a page runs natively, and nothing of the kind where it does not', async () => {
    const results = await opened.evaluate(() => {
      const { told, from } = globalThis as unknown as { told: string[][]; from: (string | null)[] };
      return { told, from };
    });
    const wrong = CASES.map(({ name }, i) => ({
      name,
      from: results.from[i],
      told: results.told[i]!,
    })).filter(({ name, from, told }) => {
      // What is said is lost.
      if (/^(?:console|all|Array|String|methods)\b/.test(name)) return false;
      const says = told.filter((line) => /runs (?:without modcast|natively)/.test(line));
      return says.length !== ((from ?? 'native') === 'native' ? 1 : 0);
    });
    expect(wrong).toEqual([]);
  });
});
