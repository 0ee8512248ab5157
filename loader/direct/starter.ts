import { deployUrl, withoutDeploys } from '../../importmap/deploy-url.js';
import { placeOfModuleKey } from '../../schema/fusion.js';
import type { Hash } from '../../schema/hash.js';
import { isWebKit } from '../page/engine.js';
import { correctError } from '../page/correct-error.js';
import { ErrorEvents } from '../page/error-events.js';
import { pageBase } from '../page/native-document.js';
import { setScriptSrc } from '../page/policy.js';
import type { ModuleContext } from '../linking/runtime.js';
import { naturalPlace, withoutRuns } from '../page/run-positions.js';
import { wrapWorkers, type WorkerStart } from '../workers/wrap-workers.js';

// The first script of a page that starts without the loader. It defines what linked modules call, takes away
// what the server has added to the page, and loads the loader when the page's own scripts have run.

/** Names of what the loader uses of the browser. The build knows them. */
declare const KEPT: string;

const MODULE_URL = /[^\s'"(@]+\/modules\/[\da-f]{64}\//g;

const own = document.currentScript as HTMLScriptElement;
const { modcastDirect, loader, integrity, preloads, workers = '{}', settings } = own.dataset;
const [base, prefix, fusion] = modcastDirect!.split(' ') as [string, string, string];
const origin = new URL(base, location.href).origin;
const root = origin + base;
/** Where the deploy's modules are. */
const direct = `${origin}${prefix}direct/${fusion}/`;
const pageUrl = location.href;

const naturalOf = (given: string): string => {
  const place = placeOfModuleKey(given);
  if (place !== undefined) return root + place;
  return naturalText(new URL(given, pageUrl).href);
};

/** The browser's errors name the URLs of the deploy, and a module that names itself names its path. */
const naturalText = (text: string): string =>
  withoutRuns(root, text)
    .replaceAll(direct, root)
    .replace(MODULE_URL, (url) => (url.startsWith(`${origin}${prefix}`) ? root : url))
    .replace(/(^|at |\(|@)\/(?=[^\s/][^\s]*:\d+)/gm, (_, before: string) => `${before}${origin}/`);

const errors = new ErrorEvents();
errors.natural = naturalText;

/** What the loader uses of the browser, as it was before the scripts of the page. */
const kept = KEPT.split(',').map((name) => {
  try {
    return name.split('.').reduce((owner, key) => (owner as Record<string, unknown>)[key], window as unknown);
  } catch {
    // The browser forbids it to this page.
    return undefined;
  }
});
const { fetch, setTimeout } = globalThis;

/** Makes the event of an error in a run of a worker name the place in a module. */
function namePlace(event: ErrorEvent): void {
  // A script that could not be loaded has no place.
  if (!(event instanceof ErrorEvent)) return;
  const { file, lineno, colno } = naturalPlace(event, (text) => naturalText(withoutDeploys(text)));
  for (const [name, value] of Object.entries({ filename: file, lineno, colno }))
    Object.defineProperty(event, name, { value, configurable: true });
}

const data = JSON.parse(settings!) as Record<string, string>;

if (data['workers'] !== undefined) {
  const [, manifest] = data['deploy']!.split(' ') as [string, Hash];
  /** By the place of a module below the root: what it imports. */
  const joined = new Map(Object.entries(JSON.parse(workers) as Record<string, readonly string[]>));
  /** What a worker imports of joined modules. Undefined for one that runs single modules. */
  const closureOf = (url: string, kind: WorkerStart['kind']) =>
    kind === 'Worker' && url.startsWith(root) ? joined.get(url.slice(root.length)) : undefined;
  wrapWorkers(globalThis, {
    base: pageBase,
    workerUrl(url, kind) {
      if (!url.startsWith(root)) return url;
      if (closureOf(url, kind) === undefined) return deployUrl(url, manifest);
      return deployUrl(url, `${manifest}.${fusion}`);
    },
    starting: ({ kind, url, isModule }) => ({
      started(worker) {
        const closure = isModule ? closureOf(url, kind) : undefined;
        if (closure === undefined) return;
        // The browser learns only bit by bit what a worker imports. WebKit would request all of it twice.
        for (const place of isWebKit() ? [] : closure)
          fetch(deployUrl(root + place, `${manifest}.${fusion}`)).catch(() => {});
        worker.addEventListener('error', namePlace);
      },
    }),
  });
}

const isUrl = (text: string): boolean => /^\.{0,2}\//.test(text) || URL.canParse(text);

function createContext(url: string): Omit<ModuleContext, 'inline'> {
  let shared: ImportMeta | undefined;
  const setResolve = (meta: ImportMeta) => {
    const native = meta.resolve;
    meta.resolve = {
      resolve(name: string) {
        const text = `${name}`;
        return isUrl(text) ? new URL(text, url).href : naturalOf(native(text));
      },
    }.resolve;
  };
  const change = (meta: ImportMeta): ImportMeta => {
    meta.url = url;
    setResolve(meta);
    return meta;
  };
  const seen = new WeakSet<ImportMeta>();
  return {
    async import(specifier: unknown, options?: ImportCallOptions): Promise<unknown> {
      try {
        const text = `${specifier as string}`;
        const name = isUrl(text) ? new URL(text, url).href : text;
        return await (options === undefined ? import(name) : import(name, options));
      } catch (error) {
        correctError(error, naturalText);
        throw error;
      }
    },
    meta(meta: ImportMeta): ImportMeta {
      if (seen.has(meta)) return meta;
      seen.add(meta);
      return change(meta);
    },
    own(meta: ImportMeta): ImportMeta {
      return (shared ??= change(Object.assign(Object.create(null) as ImportMeta, meta)));
    },
    written: (specifier: unknown): string => `${specifier as string}`,
  };
}

const contexts = new Map<string, Omit<ModuleContext, 'inline'>>();

Object.defineProperty(globalThis, '__modcast__', {
  configurable: true,
  writable: true,
  value: (given: string) => {
    const url = naturalOf(given);
    let context = contexts.get(url);
    if (context === undefined) contexts.set(url, (context = createContext(url)));
    return context;
  },
});

/**
 * Preloads what the page's modules import, behind the import map: an engine that takes one map takes none
 * after a module. WebKit runs module scripts without waiting for style sheets, which should still come first.
 */
function preload(): void {
  if (isWebKit()) return;
  for (const url of JSON.parse(preloads!) as string[]) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.nonce = own.nonce;
    link.href = url;
    document.head.append(link);
    // Without its element, a preload may end.
    added.push(link);
  }
}

/** Marked elements that the parser has begun. It prepares a script when it comes to its end. */
const added: HTMLElement[] = [];
let begun: HTMLElement[] = [];

/** Gives elements that the parser has left what their author wrote. The browser has read them by then. */
function restore(): void {
  const isParsed = document.readyState !== 'loading';
  begun = begun.filter((element) => {
    if (!isParsed && element.nextSibling === null) return true;
    const { modcastSrc, modcastType } = element.dataset;
    try {
      if (modcastSrc !== undefined) element.setAttribute('src', modcastSrc);
      if (modcastType !== undefined) element.setAttribute('type', modcastType);
    } catch {
      // The page requires Trusted Types.
    }
    delete element.dataset['modcastSrc'];
    delete element.dataset['modcastType'];
    if (element.dataset['modcastAdded'] !== undefined) {
      preload();
      element.remove();
    }
    return false;
  });
}

const observer = new MutationObserver((records) => {
  restore();
  for (const { addedNodes } of records)
    for (const node of addedNodes)
      if (
        node instanceof HTMLScriptElement &&
        Object.keys(node.dataset).some((name) => name.startsWith('modcast'))
      )
        begun.push(node);
});
observer.observe(document, { childList: true, subtree: true });

addEventListener(
  'readystatechange',
  () => {
    if (document.readyState === 'loading') return;
    observer.disconnect();
    restore();
    for (const link of added) link.remove();
  },
  { capture: true, once: true },
);

addEventListener(
  'DOMContentLoaded',
  () => {
    setTimeout(() => {
      const script = document.createElement('script');
      script.nonce = own.nonce;
      if (integrity !== undefined) {
        script.integrity = integrity;
        script.crossOrigin = '';
      }
      for (const [name, value] of Object.entries(data)) script.dataset[name] = value;
      script.dataset['direct'] = '';
      Object.defineProperty(globalThis, '__modcast_guard__', { value: { kept }, configurable: true });
      try {
        setScriptSrc(script, 'src', loader!);
      } catch {
        // The page requires Trusted Types, and permits no policy of modcast.
        return;
      }
      document.documentElement.append(script);
    });
  },
  { once: true },
);
own.remove();
