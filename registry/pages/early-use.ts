import { callsLoader } from '../fuse/needs-loader.js';

/** What classic scripts may do before the loader has installed the import map. */
export interface EarlyUse {
  /** Import a module, or insert a module script. */
  readonly modules: boolean;
  /** Insert an import map. */
  readonly maps: boolean;
  /** Start a module worker, or add a module to a worklet. */
  readonly workers: boolean;
  /** Call `modcast`, which is there later in a page that starts without the loader. */
  readonly loader: boolean;
}

const MODULES = /\bimport\s*[(/]|importmap|(["'`])module\1|\btype\s*=\s*\\?["']?module\b/i;
const MAPS = /importmap/i;
const MODULE = /(["'`])module\1/;
const WORKERS = /\b(?:Shared)?Worker\b/;
const WORKLETS = /\baddModule\b/;

const WORKER_CALLS = /\bnew\s+(?:[\w$]+\s*\.\s*)*(?:Shared)?Worker\s*\(/g;
const PARENTHESES = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[()]/g;

/** Characters of a call that starts a worker. In a longer one, its end has been missed. */
const CALL_LENGTH = 500;

/** The text without what makes workers module workers: it inserts no module script. */
function withoutWorkerTypes(source: string): string {
  const parts: string[] = [];
  let done = 0;
  for (const { index, 0: start } of source.matchAll(WORKER_CALLS)) {
    const begin = index + start.length;
    const end = endOfCall(source.slice(begin, begin + CALL_LENGTH));
    if (begin < done || end === undefined) continue;
    const values = source.slice(begin, begin + end);
    parts.push(source.slice(done, begin), values.replace(/\btype\b["']?\s*:\s*(["'`])module\1/g, ''));
    done = begin + end;
  }
  return parts.join('') + source.slice(done);
}

function endOfCall(text: string): number | undefined {
  let depth = 1;
  for (const { index, 0: token } of text.matchAll(PARENTHESES)) {
    if (token === '(') depth++;
    else if (token === ')' && --depth === 0) return index;
  }
  return undefined;
}

/** `'mod' + 'ule'` is `'module'`: scripts write tags and code in parts. */
const joined = (source: string): string => source.replace(/(["'`])\s*\+\s*\1/g, '');

/** Reads it from the text of a classic script. What is said by mistake costs speed only. */
export function earlyUse(source: string): EarlyUse {
  const text = joined(source);
  return {
    modules: MODULES.test(withoutWorkerTypes(text)),
    maps: MAPS.test(text),
    workers: (WORKERS.test(text) && MODULE.test(text)) || WORKLETS.test(text),
    loader: callsLoader(text),
  };
}

export const NO_EARLY_USE: EarlyUse = {
  modules: false,
  maps: false,
  workers: false,
  loader: false,
};

/** What one of two does. */
export const eitherUse = (a: EarlyUse, b: EarlyUse): EarlyUse => ({
  modules: a.modules || b.modules,
  maps: a.maps || b.maps,
  workers: a.workers || b.workers,
  loader: a.loader || b.loader,
});

/** Whether it does anything of that. An import map alone changes nothing. */
export const usesEarly = ({ modules, workers, loader }: EarlyUse): boolean => modules || workers || loader;

/** What inline classic scripts may do early, all together. Undefined where they do nothing. */
export function inlineUse(sources: readonly string[]): EarlyUse | undefined {
  const use = sources.map(earlyUse).reduce(eitherUse, NO_EARLY_USE);
  return usesEarly(use) ? use : undefined;
}

/** Attributes with scripts, with their values in double quotes, in single ones, or in none. */
const HANDLERS =
  /\s(?:on[a-z]+\s*=\s*|[a-z:]+\s*=\s*(?=["']?\s*javascript:))(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;

/** References to the characters by which `earlyUse` knows a script. */
const REFERENCES: Readonly<Record<string, string>> = {
  '&#40;': '(',
  '&#x28;': '(',
  '&lpar;': '(',
  '&#34;': '"',
  '&#39;': "'",
  '&quot;': '"',
  '&apos;': "'",
};

/** The scripts in attributes of a page: of event handlers, and of `javascript:` URLs. */
export const attributeScripts = (html: string): string[] =>
  [...html.matchAll(HANDLERS)].map(([, double, single, bare]) =>
    (double ?? single ?? bare ?? '').replace(/&[#\w]+;/g, (text) => REFERENCES[text.toLowerCase()] ?? text),
  );

const LOADS_SCRIPTS = /createElement|<script|\bsrc\b|getScript/;
const SCRIPT_NAMES = /[^\s"'`=<>(){},;]+\.m?js\b(?:\?[^\s"'`<>]*)?/g;

/** URLs of scripts that a classic script may load, as written in it. */
export const loadedScripts = (source: string): string[] =>
  LOADS_SCRIPTS.test(joined(source)) ? [...new Set(joined(source).match(SCRIPT_NAMES))] : [];

/** Whether a script is a module, which does nothing as a classic script. */
export const isModuleText = (source: string): boolean => /^\s*(?:import\b\s*["'{*\w]|export\b)/m.test(source);
