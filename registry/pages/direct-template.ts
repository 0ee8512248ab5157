import { randomBytes } from 'node:crypto';
import { needsLoader } from '../fuse/needs-loader.js';
import { parsePage, withoutBom, type PageElement } from './page-elements.js';
import { attribute, holdLink, splice, type Edit } from './page-edits.js';
import type { Page } from './read-page.js';
import { blocksRendering, heldType, isGuard, isLoader, isOptOut, scriptSource } from './script-kinds.js';
import { forbidsInline, reasonToLeave } from './unchanged-page.js';

/** A page that starts without the loader, except for what differs from deploy to deploy. */
export interface DirectTemplate {
  /** The bytes around what is missing: the tags at the start of the head, and sources of module scripts. */
  readonly parts: readonly (Uint8Array | 'head' | { readonly src: string })[];
}

/** `import.meta.resolve` of an inline script would name the deploy's URLs. */
const RESOLVES = /import\s*\.\s*meta\s*(?!\s*\.\s*(?:url|env)\b)/;

/** Whether the browser can start a module script from another URL, or an inline one as it is. */
function isSimple(script: PageElement): boolean {
  if (script.svg || script.inShadowRoot || script.attribute('integrity') !== undefined) return false;
  // What has to be restored after it has run would show.
  if (blocksRendering(script)) return false;
  return scriptSource(script) === undefined
    ? !RESOLVES.test(script.text()) && !needsLoader(script.text())
    : script.valueRange('src') !== undefined;
}

/** Marks that the page's first script takes away again. */
const SOURCE = 'data-modcast-src';
const TYPE = ' data-modcast-type="importmap"';

/**
 * The template of a page that starts without the loader: the browser runs its scripts itself, from URLs of a
 * deploy. Undefined for a page that needs the loader for that, or cannot have it.
 *
 * @param loaderSrc URL of the loader
 * @param policies those in the headers of the page, as `policiesOfHeaders` returns them
 */
export function directTemplate(
  html: Uint8Array,
  page: Page,
  loaderSrc: string,
  policies: readonly string[] = [],
): DirectTemplate | undefined {
  const body = withoutBom(html);
  if (!body || page.base !== undefined || page.laterImportMaps.length > 0) return undefined;
  const parsed = parsePage(body);
  const { elements, headOffset } = parsed;
  if (headOffset === undefined || forbidsInline(policies, page.nonce)) return undefined;
  if (elements.some((e) => isOptOut(e) || isGuard(e) || isLoader(e, loaderSrc))) return undefined;
  if (reasonToLeave(elements, policies) !== undefined) return undefined;
  if (elements.some((e) => e.tag === 'link' && holdLink(e, parsed).length > 0)) return undefined;
  const scripts = elements.filter((e) => heldType(e) === 'module');
  if (scripts.length === 0 || !scripts.every(isSimple)) return undefined;
  // A preload would bring a module that the policy blocks.
  if (page.nonce !== undefined && scripts.some((e) => e.attribute('nonce') === undefined)) return undefined;
  const token = randomBytes(16).toString('hex');
  const sources: string[] = [];
  const edits: Edit[] = [{ start: headOffset, end: headOffset, text: `${token}-` }];
  for (const element of elements) {
    const kind = heldType(element);
    const at = element.start + '<script'.length;
    const isFirst = element.start < headOffset;
    if (kind === 'importmap') {
      const type = element.valueRange('type');
      if (type === undefined || isFirst) return undefined;
      edits.push({ start: at, end: at, text: TYPE }, { ...type, text: 'modcast/importmap' });
    }
    const range = kind === 'module' ? element.valueRange('src') : undefined;
    if (range === undefined) continue;
    if (isFirst) return undefined;
    const src = scriptSource(element)!;
    edits.push({ start: at, end: at, text: attribute(SOURCE, src) });
    edits.push({ ...range, text: token + sources.push(src) });
  }
  const injected = Buffer.from(splice(html, html.length - body.length, edits)).toString('latin1');
  const parts = injected.split(new RegExp(`${token}(-|\\d+)`));
  return {
    parts: parts.map((part, index) => {
      if (index % 2 === 0) return Buffer.from(part, 'latin1');
      return part === '-' ? 'head' : { src: sources[Number(part) - 1]! };
    }),
  };
}
