import { setScriptSrc, setScriptText } from './policy.js';

/**
 * The types under which the server holds scripts back. Authors write them where the registry is not the
 * site's server.
 */
export const HELD_MODULE = 'modcast/module';
/** A deferred classic script after a module script, which runs after it. */
export const HELD_DEFERRED = 'modcast/defer';
export const HELD_IMPORT_MAP = 'modcast/importmap';
const HELD_PRELOAD = 'modcast-modulepreload';

/** SVG's has its source in `href`. */
export type ScriptElement = HTMLScriptElement | SVGScriptElement;

/** A module script of the page that waits for the import map. */
export interface HeldScript {
  readonly element: ScriptElement;
  /** Absolute URL; null for an inline script. */
  readonly src: string | null;
  /** Literal specifiers of an inline script; null when the server has not read it. */
  readonly imports: readonly string[] | null;
  readonly kind: 'module' | 'deferred';
}

export interface HeldPage {
  readonly scripts: readonly HeldScript[];
  /** The page's import maps in document order. */
  readonly importMaps: readonly ScriptElement[];
  /** The base URL that the scripts have natively. */
  readonly base: string;
}

/**
 * The page's URL as it was loaded. `history.pushState` does not change the base of module scripts natively
 * either.
 */
const pageUrl = location.href;

function baseUrl(): string {
  const href = document.querySelector('base[href]')?.getAttribute('href');
  return typeof href === 'string' && URL.canParse(href, pageUrl) ? new URL(href, pageUrl).href : pageUrl;
}

function specifiers(text: string | undefined): string[] | null {
  if (text === undefined) return null;
  try {
    return (JSON.parse(text) as unknown[]).filter((item) => typeof item === 'string');
  } catch {
    return null;
  }
}

const held = (...types: string[]): ScriptElement[] => [
  ...document.querySelectorAll<ScriptElement>(types.map((type) => `script[type="${type}"]`).join()),
];

/** Resolves when the whole page has been parsed, so that all its scripts are known. */
export function pageParsed(): Promise<void> {
  if (document.readyState !== 'loading') return Promise.resolve();
  return new Promise((resolve) => {
    const check = () => {
      if (document.readyState === 'loading') return;
      document.removeEventListener('readystatechange', check);
      resolve();
    };
    document.addEventListener('readystatechange', check);
  });
}

/** The attribute with a script's source; null for an inline script. */
function sourceAttribute(element: ScriptElement): string | null {
  const names = element instanceof SVGScriptElement ? ['href', 'xlink:href'] : ['src'];
  return names.find((name) => element.hasAttribute(name)) ?? null;
}

export function readHeldPage(): HeldPage {
  const base = baseUrl();
  const scripts = held(HELD_MODULE, HELD_DEFERRED).map((element): HeldScript => {
    const kind = element.getAttribute('type') === HELD_MODULE ? 'module' : 'deferred';
    const attribute = sourceAttribute(element);
    if (attribute === null) {
      return { element, kind, src: null, imports: specifiers(element.dataset['modcastImports']) };
    }
    const written = element.getAttribute(attribute)!;
    return {
      element,
      kind,
      src: URL.canParse(written, base) ? new URL(written, base).href : written,
      imports: [],
    };
  });
  return { scripts, base, importMaps: held(HELD_IMPORT_MAP) };
}

/** Makes the browser prepare a script that the parser skipped because of its type. */
function insertAgain(element: ScriptElement): void {
  const { parentNode, nextSibling } = element;
  element.remove();
  parentNode?.insertBefore(element, nextSibling);
}

/**
 * Prepares an inline script so that its errors name the page and the right line. While the browser reads the
 * script, its text begins with as many blank lines as precede it in the page.
 */
function insertInline(element: ScriptElement): void {
  const at = /^(\d+):(\d+)$/.exec(element.dataset['modcastAt'] ?? '');
  delete element.dataset['modcastAt'];
  if (at === null || !(element instanceof HTMLScriptElement)) return insertAgain(element);
  const { text } = element;
  const before = '\n'.repeat(Number(at[1]) - 1) + ' '.repeat(Number(at[2]) - 1);
  setScriptText(element, `${before}${text}\n//# sourceURL=${pageUrl}`);
  insertAgain(element);
  setScriptText(element, text);
}

/** Runs the page's own element, so that its listeners, nonce and text stay. */
function run({ element, kind, src }: HeldScript, target: string | undefined): void {
  if (kind === 'module') element.setAttribute('type', 'module');
  else if (element.dataset['modcastType'] === undefined) element.removeAttribute('type');
  else element.setAttribute('type', element.dataset['modcastType']);
  delete element.dataset['modcastType'];
  delete element.dataset['modcastImports'];
  // Inserted scripts keep their order only with `async = false`.
  if (element instanceof HTMLScriptElement && !element.hasAttribute('async')) element.async = false;
  const attribute = sourceAttribute(element);
  if (attribute === null || src === null) return insertInline(element);
  const written = element.getAttribute(attribute)!;
  setScriptSrc(element, attribute, target ?? src);
  insertAgain(element);
  // The browser does not read it again, and the page keeps what its author wrote.
  setScriptSrc(element, attribute, written);
}

/** Runs `work` while the page has this base URL, from which inline scripts take theirs. */
function atBase(base: string, work: () => void): void {
  if (document.baseURI === base) return work();
  const element = document.createElement('base');
  element.href = base;
  document.head.prepend(element);
  work();
  element.remove();
}

export interface RunOptions {
  readonly nonce: string;
  /** The URL to load a module from; undefined for the author's own. */
  readonly targetOf: (url: string) => string | undefined;
}

/**
 * Runs the held scripts in document order, each in its own place. Resolves when all but the `async` ones have
 * run or failed.
 */
export function runHeldScripts(page: HeldPage, { nonce, targetOf }: RunOptions): Promise<void> {
  const last = page.scripts.findLast(({ element }) => !element.hasAttribute('async'));
  const ran = last === undefined ? Promise.resolve() : last.src === null ? undefined : settled(last.element);
  atBase(page.base, () => {
    for (const script of page.scripts) {
      // The page's policy blocks a script without the loader's nonce. Its error should name the author's URL.
      const blocked = nonce !== '' && script.element.nonce === '';
      const mapped = script.kind === 'module' && script.src !== null && !blocked;
      run(script, mapped ? targetOf(script.src) : undefined);
    }
  });
  return ran ?? marker(nonce);
}

function settled(element: ScriptElement): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['load', 'error']) element.addEventListener(name, () => resolve(), { once: true });
  });
}

/**
 * Inline module scripts have no load event. A script after them in the same queue runs when they have run.
 */
function marker(nonce: string): Promise<void> {
  return new Promise((resolve) => {
    const name = '__modcast_ran__';
    const host = document.createElement('modcast-marker');
    const done = () => {
      delete (globalThis as Record<string, unknown>)[name];
      host.remove();
      resolve();
    };
    Object.defineProperty(globalThis, name, { configurable: true, value: done });
    const script = document.createElement('script');
    script.type = 'module';
    script.async = false;
    script.nonce = nonce;
    script.addEventListener('error', done);
    setScriptText(script, `${name}()`);
    // In a shadow tree, where the page's scripts do not find it.
    host.attachShadow({ mode: 'closed' }).append(script);
    document.documentElement.append(host);
  });
}

/** Installs the page's own import maps as their author wrote them. */
export function restoreImportMaps(): void {
  for (const element of held(HELD_IMPORT_MAP)) {
    element.setAttribute('type', 'importmap');
    insertAgain(element);
  }
}

/** Installs an import map. It stays installed without its element. */
export function installImportMap(json: string, nonce: string): void {
  const script = document.createElement('script');
  script.type = 'importmap';
  script.nonce = nonce;
  setScriptText(script, json);
  document.documentElement.append(script);
  script.remove();
}

/**
 * Restores the page's import map elements after the composed map is installed. The browser reads only the
 * broken ones, to report their errors.
 */
export function settleImportMaps(broken: readonly ScriptElement[]): void {
  for (const element of held(HELD_IMPORT_MAP)) {
    element.setAttribute('type', 'importmap');
    if (broken.includes(element)) insertAgain(element);
  }
}

/**
 * Releases preloads that were held back. A module that is here already would be fetched a second time: its
 * preload only gets a load event.
 */
export function settlePreloads(isHere: (url: string) => boolean): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>(`link[rel~="${HELD_PRELOAD}"]`)) {
    if (isHere(link.href)) link.dispatchEvent(new Event('load'));
    else link.rel = link.rel.replace(HELD_PRELOAD, 'modulepreload');
  }
}
