import { nativeState, pageBase, select } from './native-document.js';

/**
 * The types under which scripts are held. The guard sets them. Where the registry is not the site's server,
 * authors may write them.
 */
const HELD_MODULE = 'modcast/module';
/** A deferred classic script after a module script, which runs after it. */
const HELD_DEFERRED = 'modcast/defer';
export const HELD_IMPORT_MAP = 'modcast/importmap';

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
  readonly async: boolean;
  /** The base URL that it has natively. */
  readonly base: string;
  /** An inline script's text as the parser read it. */
  readonly text: string;
  /** Gives the page's element an event of the one that runs in its place. */
  readonly forward?: (name: string) => void;
  /** `line:column` of an inline script's text in the page, when the server has said so. */
  readonly at: string | undefined;
}

export interface HeldPage {
  readonly scripts: readonly HeldScript[];
  /** The page's import maps in document order. */
  readonly importMaps: readonly ScriptElement[];
}

/**
 * The page's URL as it was loaded. `history.pushState` does not change the base of module scripts natively
 * either.
 */
export const pageUrl = location.href;

/** The base URL of the page when the parser came to a held script: a `<base>` after it does not count. */
export function heldBase(element: ScriptElement): string {
  const known = element.dataset['modcastBase'];
  if (known !== undefined) return known;
  const href = select('base[href]')[0]?.getAttribute('href');
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

export const heldScripts = (...types: string[]): ScriptElement[] =>
  select(types.map((type) => `script[type="${type}"]`).join());

/** Holds a script that the parser is about to prepare: the browser ignores its type. */
export function hold(element: ScriptElement, kind: string): void {
  element.removeAttribute('data-modcast');
  element.dataset['modcastBase'] = pageBase();
  const type = element.getAttribute('type');
  if (type !== null) element.dataset['modcastType'] = type;
  element.setAttribute('type', `modcast/${kind}`);
}

/** Removes the server's and the guard's attributes. */
export function removeMarks({ dataset }: ScriptElement): void {
  for (const name of Object.keys(dataset)) if (name.startsWith('modcast')) delete dataset[name];
}

/** Gives a held script its author's type, and removes its marks. */
export function restoreType(element: ScriptElement, fallback: string | null): void {
  const type = element.dataset['modcastType'] ?? fallback;
  removeMarks(element);
  if (type === null) element.removeAttribute('type');
  else element.setAttribute('type', type);
}

/** Scripts that are held, in the order in which the parser came to them. */
export type HeldElements = ReadonlyMap<ScriptElement, HeldScript>;

/** Calls back when the whole page has been parsed, so that all its scripts are known. */
export function whenParsed(callback: () => void): void {
  if (nativeState() !== 'loading') return callback();
  const check = () => {
    if (nativeState() === 'loading') return;
    removeEventListener('readystatechange', check, true);
    callback();
  };
  addEventListener('readystatechange', check, true);
}

/** The attribute with a script's source; null for an inline script. */
export function sourceAttribute(element: ScriptElement): string | null {
  const names = element instanceof SVGScriptElement ? ['href', 'xlink:href'] : ['src'];
  return names.find((name) => element.hasAttribute(name)) ?? null;
}

/** Reads a held script before the page's other scripts can change it. */
export function readHeldScript(element: ScriptElement): HeldScript {
  const base = heldBase(element);
  const attribute = sourceAttribute(element);
  const script = {
    element,
    base,
    kind: element.getAttribute('type') === HELD_MODULE ? ('module' as const) : ('deferred' as const),
    async: element.hasAttribute('async'),
    text: element.textContent,
    at: element.dataset['modcastAt'],
  };
  if (attribute === null) {
    return { ...script, src: null, imports: specifiers(element.dataset['modcastImports']) };
  }
  const written = element.getAttribute(attribute)!;
  const src = URL.canParse(written, base) ? new URL(written, base).href : written;
  return { ...script, src, imports: [] };
}

/** @param held the scripts that the guard has held. They may be gone from the page, and run all the same */
export function readHeldPage(held: HeldElements): HeldPage {
  const added = (element: ScriptElement) => !held.has(element);
  const all = [
    ...held.values(),
    ...heldScripts(HELD_MODULE, HELD_DEFERRED, HELD_IMPORT_MAP).filter(added).map(readHeldScript),
  ].map((script) => ({ script, type: script.element.getAttribute('type') }));
  const ofType = (...types: string[]) =>
    all.filter(({ type }) => types.includes(type ?? '')).map(({ script }) => script);
  return {
    scripts: ofType(HELD_MODULE, HELD_DEFERRED),
    importMaps: ofType(HELD_IMPORT_MAP).map(({ element }) => element),
  };
}
