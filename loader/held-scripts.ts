/** What the server holds back, and what an author writes where the registry is not the site's server. */
export const HELD_MODULE = 'modcast/module';
export const HELD_IMPORT_MAP = 'modcast/importmap';
const HELD_PRELOAD = 'modcast-modulepreload';

/** A module script of the page that waits for the import map. */
export interface HeldScript {
  readonly element: HTMLScriptElement;
  /** Absolute URL; null for an inline script. */
  readonly src: string | null;
  /** Literal specifiers of an inline script; null when nobody has read it. */
  readonly imports: readonly string[] | null;
}

export interface HeldPage {
  readonly scripts: readonly HeldScript[];
  /** Texts of the page's import maps in document order. */
  readonly importMaps: readonly string[];
}

function specifiers(text: string | undefined): string[] | null {
  if (text === undefined) return null;
  try {
    return (JSON.parse(text) as unknown[]).filter((item) => typeof item === 'string');
  } catch {
    return null;
  }
}

const held = (type: string): HTMLScriptElement[] => [
  ...document.querySelectorAll<HTMLScriptElement>(`script[type="${type}"]`),
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

export function readHeldPage(): HeldPage {
  const scripts = held(HELD_MODULE).map((element): HeldScript => {
    const src = element.getAttribute('src');
    const resolved =
      src !== null && URL.canParse(src, document.baseURI) ? new URL(src, document.baseURI).href : null;
    return {
      element,
      src: src === null ? null : (resolved ?? src),
      imports: src === null ? specifiers(element.dataset['modcastImports']) : [],
    };
  });
  return { scripts, importMaps: held(HELD_IMPORT_MAP).map((element) => element.text) };
}

function copy(element: HTMLScriptElement, type: string, nonce: string): HTMLScriptElement {
  const script = document.createElement('script');
  for (const { name, value } of element.attributes) {
    if (name !== 'type' && name !== 'src' && name !== 'nonce' && name !== 'data-modcast-imports') {
      script.setAttribute(name, value);
    }
  }
  script.type = type;
  script.nonce = element.nonce || nonce;
  return script;
}

export interface RunOptions {
  readonly nonce: string;
  /** Where a script's source is to come from; undefined: from where the author said. */
  readonly targetOf: (url: string) => string | undefined;
}

/**
 * Runs the held scripts in document order, each in its own place. The browser does it, so that errors, load events
 * and `nonce` are its own. Resolves when all but the `async` ones have run or failed.
 */
export function runHeldScripts(
  scripts: readonly HeldScript[],
  { nonce, targetOf }: RunOptions,
): Promise<void> {
  const ran: Promise<void>[] = [];
  for (const { element, src } of scripts) {
    const script = copy(element, 'module', nonce);
    // Inserted scripts run when they are ready unless told to keep their order.
    script.async = element.hasAttribute('async');
    if (src === null) {
      script.text = element.text;
    } else {
      const target = targetOf(src);
      script.src = target ?? element.getAttribute('src')!;
      // Linked bytes are not the author's bytes: their own hash has been checked, and this one no longer fits.
      if (target !== undefined) script.removeAttribute('integrity');
    }
    if (!script.async) ran.push(settled(script, src === null));
    // Whoever listens on the element that the parser made is not to notice that another one runs.
    for (const name of ['load', 'error']) {
      script.addEventListener(name, () => element.dispatchEvent(new Event(name)));
    }
    element.replaceWith(script);
    // A script that has started does not care any more, and the page reads as its author wrote it.
    if (src !== null) {
      script.addEventListener('load', () => script.setAttribute('src', element.getAttribute('src')!), {
        once: true,
      });
    }
  }
  return Promise.all(ran).then(() => {});
}

let markers = 0;

/** Inline module scripts have no load event: a script behind them in the same queue tells that they have run. */
function settled(script: HTMLScriptElement, inline: boolean): Promise<void> {
  return new Promise((resolve) => {
    script.addEventListener('error', () => resolve(), { once: true });
    if (!inline) {
      script.addEventListener('load', () => resolve(), { once: true });
      return;
    }
    const name = `__modcast_ran_${markers++}__`;
    Object.defineProperty(globalThis, name, {
      configurable: true,
      value: () => {
        delete (globalThis as Record<string, unknown>)[name];
        marker.remove();
        resolve();
      },
    });
    const marker = document.createElement('script');
    marker.type = 'module';
    marker.async = false;
    marker.nonce = script.nonce;
    marker.text = `${name}()`;
    queueMicrotask(() => script.after(marker));
  });
}

/** Puts the page's own import maps in, as their author wrote them. */
export function restoreImportMaps(nonce: string): void {
  for (const element of held(HELD_IMPORT_MAP)) {
    const script = copy(element, 'importmap', nonce);
    script.text = element.text;
    element.replaceWith(script);
  }
}

/** Takes the page's own import maps out and puts the composed one in their place. */
export function installImportMap(json: string, nonce: string): HTMLScriptElement {
  const script = document.createElement('script');
  script.type = 'importmap';
  script.nonce = nonce;
  script.text = json;
  const [first, ...rest] = held(HELD_IMPORT_MAP);
  for (const element of rest) element.remove();
  if (first === undefined) (document.head ?? document.documentElement).append(script);
  else first.replaceWith(script);
  return script;
}

/** Preloads that were held back: with the modules here already they would fetch each a second time. */
export function restorePreloads(): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>(`link[rel~="${HELD_PRELOAD}"]`)) {
    link.rel = link.rel.replace(HELD_PRELOAD, 'modulepreload');
  }
}
