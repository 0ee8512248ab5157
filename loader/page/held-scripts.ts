import { setScriptSrc, setScriptText } from './policy.js';

/** What the server holds back, and what an author writes where the registry is not the site's server. */
export const HELD_MODULE = 'modcast/module';
/** A deferred classic script that stands behind a module script, and runs after it. */
export const HELD_DEFERRED = 'modcast/defer';
export const HELD_IMPORT_MAP = 'modcast/importmap';
const HELD_PRELOAD = 'modcast-modulepreload';

/** HTML's, or SVG's, whose source is in `href`. */
export type ScriptElement = HTMLScriptElement | SVGScriptElement;

/** A module script of the page that waits for the import map. */
export interface HeldScript {
  readonly element: ScriptElement;
  /** Absolute URL; null for an inline script. */
  readonly src: string | null;
  /** Literal specifiers of an inline script; null when nobody has read it. */
  readonly imports: readonly string[] | null;
  readonly kind: 'module' | 'deferred';
}

export interface HeldPage {
  readonly scripts: readonly HeldScript[];
  /** The page's import maps in document order. */
  readonly importMaps: readonly ScriptElement[];
  /** The base URL that the parser would have given the scripts. */
  readonly base: string;
}

/** The page's own URL: a script may have moved the page since, and module scripts know nothing of that natively. */
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

/** Resolves when the parser has seen the whole page: then every script of the page is known. */
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

/** The attribute that names a script's source, if it has one. */
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

/** A script that the parser left alone, as its type said nothing to it, is prepared when it is inserted again. */
function insertAgain(element: ScriptElement): void {
  const { parentNode, nextSibling } = element;
  element.remove();
  parentNode?.insertBefore(element, nextSibling);
}

/**
 * Prepares an inline script so that its errors name the page, and the line at which it stands there: blank lines go
 * before the text, for as long as the browser takes to read it.
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

/** Runs the page's own element: its listeners, nonce and text are those that the page gave it. */
function run({ element, kind, src }: HeldScript, target: string | undefined): void {
  if (kind === 'module') element.setAttribute('type', 'module');
  else if (element.dataset['modcastType'] === undefined) element.removeAttribute('type');
  else element.setAttribute('type', element.dataset['modcastType']);
  delete element.dataset['modcastType'];
  delete element.dataset['modcastImports'];
  // Inserted scripts run as soon as they are ready, unless told to keep their order.
  if (element instanceof HTMLScriptElement && !element.hasAttribute('async')) element.async = false;
  const attribute = sourceAttribute(element);
  if (attribute === null || src === null) return insertInline(element);
  const written = element.getAttribute(attribute)!;
  setScriptSrc(element, attribute, target ?? src);
  insertAgain(element);
  // A script that has been prepared does not look again, and the page reads as its author wrote it.
  setScriptSrc(element, attribute, written);
}

/** While inline scripts are prepared, the page has the base URL that they were written for. */
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
  /** Where a module's source is to come from; undefined: from where the author said. */
  readonly targetOf: (url: string) => string | undefined;
}

/**
 * Runs the held scripts in document order, each in its own place. Resolves when all but the `async` ones have run
 * or failed.
 */
export function runHeldScripts(page: HeldPage, { nonce, targetOf }: RunOptions): Promise<void> {
  const last = page.scripts.findLast(({ element }) => !element.hasAttribute('async'));
  const ran = last === undefined ? Promise.resolve() : last.src === null ? undefined : settled(last.element);
  atBase(page.base, () => {
    for (const script of page.scripts) {
      // Without the nonce that the loader has, the page's policy stops a script: under its own name.
      const stopped = nonce !== '' && script.element.nonce === '';
      const mapped = script.kind === 'module' && script.src !== null && !stopped;
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

/** Inline module scripts have no load event: a script behind them in the same queue tells that they have run. */
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
    // In a shadow tree, where no script of the page comes across it.
    host.attachShadow({ mode: 'closed' }).append(script);
    document.documentElement.append(host);
  });
}

/** Puts the page's own import maps in, as their author wrote them. */
export function restoreImportMaps(): void {
  for (const element of held(HELD_IMPORT_MAP)) {
    element.setAttribute('type', 'importmap');
    insertAgain(element);
  }
}

/** Puts an import map in. It is in force from then on, and the element need not stay. */
export function installImportMap(json: string, nonce: string): void {
  const script = document.createElement('script');
  script.type = 'importmap';
  script.nonce = nonce;
  setScriptText(script, json);
  document.documentElement.append(script);
  script.remove();
}

/** After the composed map the page's own are only there to be read; the broken ones the browser complains about. */
export function settleImportMaps(broken: readonly ScriptElement[]): void {
  for (const element of held(HELD_IMPORT_MAP)) {
    element.setAttribute('type', 'importmap');
    if (broken.includes(element)) insertAgain(element);
  }
}

/**
 * Preloads that were held back. Modules that are here already it would fetch a second time: for those whoever waits
 * for the preload is told that it has come.
 */
export function settlePreloads(isHere: (url: string) => boolean): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>(`link[rel~="${HELD_PRELOAD}"]`)) {
    if (isHere(link.href)) link.dispatchEvent(new Event('load'));
    else link.rel = link.rel.replace(HELD_PRELOAD, 'modulepreload');
  }
}
