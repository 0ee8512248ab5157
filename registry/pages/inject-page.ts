import { allowsLoader } from './content-security-policy.js';
import { parsePage, withoutBom, type PageElement } from './page-elements.js';
import { holdDeferred, holdLink, holdScript, loaderTag, splice, type Edit } from './page-edits.js';
import { readHead, type Lex, type Page } from './read-page.js';
import { heldType, isDeferred, isLoader, isOptOut, scriptSource } from './script-kinds.js';

export interface InjectOptions {
  /** URL of the loader, `/-/loader.js`. */
  loaderSrc: string;
  /** Data attributes of the loader's tag: `{ bootMode: 'fresh' }` becomes `data-boot-mode="fresh"`. */
  data: Record<string, string>;
  lex: Lex;
  /** Whether an inline module parses. One that does not stays as it is, so that the browser reports it. */
  parses?: (source: string) => boolean;
}

/**
 * Adds the loader as the first script of a page, and changes the types of module scripts, import maps and
 * `modulepreload` links so that the browser ignores them: to `modcast/module` (inline ones get
 * `data-modcast-imports`, a JSON array of their specifiers), `modcast/importmap` and `modcast-modulepreload`.
 * All other bytes stay the same.
 *
 * No tag is added to a page that already has one of the loader. `options` may be a function of the page.
 *
 * @returns undefined when the page has to be served unchanged: it has `<meta name="modcast" content="off">`,
 *   is in UTF-16, is blank, has module scripts or import maps in a declarative shadow root, which the loader
 *   cannot reach, or has a policy that forbids the loader or an import map.
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
  if (headOffset === undefined || elements.some(isOptOut)) return undefined;
  const held = elements.filter((e) => heldType(e) !== undefined);
  if (held.some((e) => e.inShadowRoot)) return undefined;

  const head = readHead(elements);
  if (!policiesOf(elements).every((policy) => allowsLoader(policy, head.nonce))) return undefined;
  const {
    loaderSrc,
    data,
    lex,
    parses = () => true,
  } = typeof options === 'function' ? options(head) : options;
  const edits: Edit[] = [];
  if (!elements.some((e) => isLoader(e, loaderSrc))) {
    edits.push({ start: headOffset, end: headOffset, text: loaderTag(loaderSrc, data, head.nonce) });
  }
  let modules = 0;
  for (const element of elements) {
    if (element.tag === 'link') edits.push(...holdLink(element, page));
    else if (heldType(element) !== undefined) {
      if (scriptSource(element) === undefined && heldType(element) === 'module' && !parses(element.text()))
        continue;
      if (heldType(element) === 'module') modules++;
      edits.push(...holdScript(element, lex));
    } else if (modules > 0 && isDeferred(element) && !isLoader(element, loaderSrc))
      edits.push(...holdDeferred(element));
  }
  return splice(html, html.length - body.length, edits);
}

/** The policies in `<meta>` elements. The loader detects one in a header. */
function policiesOf(elements: readonly PageElement[]): string[] {
  return elements
    .filter((e) => e.tag === 'meta' && /^content-security-policy$/i.test(e.attribute('http-equiv') ?? ''))
    .map((e) => e.attribute('content') ?? '');
}
