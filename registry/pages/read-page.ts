import { parsePage, withoutBom, type PageElement } from './page-elements.js';
import { heldType, scriptSource } from './script-kinds.js';

/** A module script of a page that the browser would run. */
export interface PageScript {
  kind: 'src' | 'inline';
  /** As written. For `kind: 'src'` only. */
  src?: string;
  async: boolean;
  /** The literal specifiers of an inline script. Empty for one with `src`. */
  imports: ImportedSpecifier[];
}

export interface ImportedSpecifier {
  specifier: string;
  /** Whether it is in `import()`. */
  dynamic: boolean;
}

/** Finds a module's literal specifiers, in order. May throw for text that is not a module. */
export type Lex = (source: string) => ImportedSpecifier[];

/** The module scripts and import maps of a page, in document order. */
export interface Page {
  scripts: PageScript[];
  /** The text of the page's first import map. It may be invalid. */
  importMap?: string;
  laterImportMaps: string[];
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
  const scripts = elements.filter((e) => heldType(e) === 'module').map((e) => readScript(e, lex));
  return { scripts, ...readHead(elements) };
}

export function readHead(elements: PageElement[]): Omit<Page, 'scripts'> {
  const [importMap, ...laterImportMaps] = elements
    .filter((e) => heldType(e) === 'importmap')
    .map((e) => e.text());
  const base = elements
    .find((e) => e.tag === 'base' && !e.inShadowRoot && e.attribute('href') !== undefined)
    ?.attribute('href');
  const nonce = elements.find((e) => e.tag === 'script' && e.attribute('nonce'))?.attribute('nonce');
  return {
    ...(importMap !== undefined && { importMap }),
    laterImportMaps,
    ...(base !== undefined && { base }),
    ...(nonce !== undefined && { nonce }),
  };
}

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
