import { parsePage, withoutBom, type PageElement } from './page-elements.js';
import { attributeScripts, inlineUse, loadedScripts, type EarlyUse } from './early-use.js';
import { blocksRendering, heldType, isClassic, scriptSource } from './script-kinds.js';

/** A module script of a page that the browser would run. */
export interface PageScript {
  kind: 'src' | 'inline';
  /** As written. For `kind: 'src'` only. */
  src?: string;
  async: boolean;
  /** The literal specifiers of an inline script. Empty for one with `src`. */
  imports: ImportedSpecifier[];
  /** It is before the page's `<base href>`, which does not apply to it. */
  beforeBase?: true;
}

export interface ImportedSpecifier {
  specifier: string;
  /** Whether it is in `import()`. */
  dynamic: boolean;
}

/** Finds a module's literal specifiers, in order. May throw for text that is not a module. */
export type Lex = (source: string) => ImportedSpecifier[];

/** Finds the string indexes of the keyword in each `import()` of a module. */
export type ImportCalls = (source: string) => number[];

/** The module scripts and import maps of a page, in document order. */
export interface Page {
  scripts: PageScript[];
  /** The text of the page's first import map. It may be invalid. */
  importMap?: string;
  laterImportMaps: string[];
  /** How many import maps are before `<base href>`, which does not apply to them. Default: 0. */
  mapsBeforeBase?: number;
  /** URLs of external classic scripts, as written. */
  classicScripts?: string[];
  /** URLs of classic scripts that inline ones may load, as written in these. */
  loadedScripts?: string[];
  /** What inline classic scripts, and those in attributes, may do before the page's modules run. */
  early?: EarlyUse;
  /** A module script holds back rendering. */
  blocksRendering?: true;
  /** `<base href>` as written. */
  base?: string;
  /** The first nonce on any script. */
  nonce?: string;
}

/** The module scripts and import maps of a page. Empty for a page in UTF-16. */
export function readPage(html: Uint8Array, lex: Lex): Page {
  const body = withoutBom(html);
  if (!body) return { scripts: [], laterImportMaps: [] };
  const { elements } = parsePage(body);
  const modules = elements.filter((e) => heldType(e) === 'module');
  const scripts = modules.map((e) => readScript(e, lex));
  const base = findBase(elements);
  modules.forEach((element, index) => {
    if (base !== undefined && element.start < base.start) scripts[index]!.beforeBase = true;
  });
  const classic = elements.filter(isClassic);
  const sources = classic.flatMap((e) => scriptSource(e) ?? []);
  const inline = [
    ...classic.filter((e) => scriptSource(e) === undefined).map((e) => e.text()),
    ...attributeScripts(body.toString('latin1')),
  ];
  const early = inlineUse(inline);
  const loaded = inline.flatMap(loadedScripts);
  return {
    scripts,
    ...readHead(elements),
    ...(sources.length > 0 && { classicScripts: sources }),
    ...(loaded.length > 0 && { loadedScripts: loaded }),
    ...(early && { early }),
    ...(modules.some(blocksRendering) && { blocksRendering: true }),
  };
}

export function readHead(elements: PageElement[]): Omit<Page, 'scripts'> {
  const maps = elements.filter((e) => heldType(e) === 'importmap');
  const [importMap, ...laterImportMaps] = maps.map((e) => e.text());
  const baseElement = findBase(elements);
  const base = baseElement?.attribute('href');
  const mapsBeforeBase = maps.filter((e) => baseElement !== undefined && e.start < baseElement.start).length;
  const nonce = elements.find((e) => e.tag === 'script' && e.attribute('nonce'))?.attribute('nonce');
  return {
    ...(importMap !== undefined && { importMap }),
    laterImportMaps,
    ...(mapsBeforeBase > 0 && { mapsBeforeBase }),
    ...(base !== undefined && { base }),
    ...(nonce !== undefined && { nonce }),
  };
}

const findBase = (elements: readonly PageElement[]): PageElement | undefined =>
  elements.find((e) => e.tag === 'base' && !e.inShadowRoot && e.attribute('href') !== undefined);

function readScript(script: PageElement, lex: Lex): PageScript {
  const src = scriptSource(script);
  const async = script.attribute('async') !== undefined;
  if (src !== undefined) return { kind: 'src', src, async, imports: [] };
  return { kind: 'inline', async, imports: readImports(script, lex) };
}

/** Empty for a script that does not parse: the browser reports it. */
export function readImports(script: PageElement, lex: Lex): ImportedSpecifier[] {
  try {
    return lex(script.text());
  } catch {
    return [];
  }
}
