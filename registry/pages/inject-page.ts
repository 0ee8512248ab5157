import { parsePage, withoutBom, type PageElement } from './page-elements.js';
import {
  PRELOAD_STOP,
  guardTag,
  holdLink,
  loaderTag,
  markScript,
  splice,
  type Edit,
  type LoaderTag,
} from './page-edits.js';
import { readHead, type ImportCalls, type Lex, type Page } from './read-page.js';
import {
  blocksRendering,
  heldType,
  isDeferred,
  isGuard,
  isLoader,
  isOptOut,
  scriptSource,
} from './script-kinds.js';
import { forbidsInline, reasonToLeave } from './unchanged-page.js';

export interface LoaderScript {
  readonly src: string;
  /** Integrity metadata of its bytes, for pages with an `Integrity-Policy`. Default: none. */
  readonly integrity?: string;
}

export interface InjectOptions {
  /** The loader of pages that get the guard. */
  loader: LoaderScript;
  /** The loader of pages without the guard, `/-/loader.js`. Default: the same. */
  standalone?: LoaderScript;
  /** The source text of the guard. */
  guard: string;
  /** Data attributes of the loader's tag: `{ bootMode: 'fresh' }` becomes `data-boot-mode="fresh"`. */
  data: Record<string, string>;
  lex: Lex;
  /** Default: the loader leaves `import()` in inline modules to the browser. */
  importCalls?: ImportCalls;
  /**
   * Content security policies in the headers of the page, those that only report included. Default: none are
   * known. Where one allows the loader but no inline script, the page gets only the loader, which runs it
   * natively.
   */
  policies?: readonly string[];
  /** Whether an inline module parses. What one imports that does not is unknown. */
  parses?: (source: string) => boolean;
  /**
   * Stands for the page's first import map: for its text, or for the element where it has none. ASCII.
   * Default: the page keeps its map.
   */
  mapSlot?: string;
  /** Stands for the loader's `async`. ASCII. Default: it has that. */
  asyncSlot?: string | undefined;
}

/**
 * Adds the guard and the loader as the first scripts of a page. Marks module scripts, import maps, and the
 * deferred scripts after module scripts with `data-modcast`, so that the guard holds them: without the guard,
 * they run natively. Inline modules get `data-modcast-imports`, a JSON array of their specifiers.
 * `modulepreload` links become `modcast-modulepreload`. All other bytes stay the same.
 *
 * No loader is added to a page that already has its tag. `options` may be a function of the page.
 *
 * @returns undefined when the page has to be served unchanged: it has `<meta name="modcast" content="off">`
 *   or a guard already, is in UTF-16, is blank, has module scripts or import maps in a declarative shadow
 *   root, which the loader cannot reach, or has a policy that forbids the loader or an import map.
 * @throws ModcastError `option-invalid` when a key of `data` is not valid in an attribute name
 */
export function injectPage(
  html: Uint8Array,
  options: InjectOptions | ((page: Omit<Page, 'scripts'>) => InjectOptions),
): Uint8Array | undefined {
  const body = withoutBom(html);
  if (!body) return undefined;
  const page = parsePage(body);
  const { elements, headOffset } = page;
  if (headOffset === undefined || elements.some((e) => isOptOut(e) || isGuard(e))) return undefined;
  const head = readHead(elements);
  const {
    loader,
    standalone = loader,
    guard,
    data,
    lex,
    importCalls = () => [],
    policies = [],
    parses = () => true,
    mapSlot,
    asyncSlot,
  } = typeof options === 'function' ? options(head) : options;
  if (reasonToLeave(elements, policies) !== undefined) return undefined;
  const isOwnTag = elements.some((e) => isLoader(e, standalone.src));
  const tagOf = (script: LoaderScript, more: Partial<LoaderTag>) =>
    isOwnTag ? '' : loaderTag({ ...script, data, ...more }, head.nonce);
  const put = (text: string, marks: Edit[] = []) =>
    splice(html, html.length - body.length, [{ start: headOffset, end: headOffset, text }, ...marks]);
  if (forbidsInline(policies, head.nonce)) return put(tagOf(standalone, { data: { ...data, native: '' } }));
  const marks: Edit[] = [];
  // Those before it run before it, so that they are not held either.
  const lastBlocking = elements.findLastIndex(blocksRendering);
  let modules = 0;
  let preloads = false;
  let hasMap = false;
  const ownMap = firstImportMap(elements);
  for (const [index, element] of elements.entries()) {
    const kind = heldType(element);
    if (element.tag === 'link') marks.push(...holdLink(element, page));
    else if (kind !== undefined) {
      const isInline = kind === 'module' && scriptSource(element) === undefined;
      const reader = isInline && !parses(element.text()) ? undefined : { lex, importCalls };
      if (kind === 'importmap') hasMap = true;
      else {
        modules++;
        preloads ||= !hasMap && scriptSource(element) !== undefined;
      }
      marks.push(markScript(element, kind, reader, kind === 'module' && index <= lastBlocking));
      if (element === ownMap && mapSlot !== undefined) marks.push({ ...element.textRange()!, text: mapSlot });
    } else if (modules > 0 && isDeferred(element) && !isLoader(element, standalone.src))
      marks.push(markScript(element, 'defer', undefined, index <= lastBlocking));
  }
  const tag = { text: guard, loaderSrc: loader.src, timeout: data['timeout'], holds: modules > 0 };
  const map = ownMap === undefined ? (mapSlot ?? '') : '';
  return put(
    guardTag(tag, head.nonce) + tagOf(loader, { async: asyncSlot }) + map + (preloads ? PRELOAD_STOP : ''),
    marks,
  );
}

/** The import map that the browser takes first. */
export const firstImportMap = (elements: readonly PageElement[]): PageElement | undefined =>
  elements.find((e) => heldType(e) === 'importmap' && !e.inShadowRoot);
