import { allowsOwnScript, forbidden, type Forbidden } from './content-security-policy.js';
import { parsePage, withoutBom, type PageElement } from './page-elements.js';
import { noticeTag, splice } from './page-edits.js';
import { readHead } from './read-page.js';
import { heldType, isOptOut } from './script-kinds.js';

/** Why a page is served without the loader, by code. The texts complete "this page is served as it is: …". */
export const UNCHANGED = {
  encoding: 'it is in UTF-16, and modcast changes pages only in encodings that extend ASCII',
  'shadow-root': 'it has module scripts or import maps in a declarative shadow root',
  'inline-script': 'its policy allows no inline script; give its scripts a nonce, which modcast uses too',
  'own-script': 'its policy does not allow the loader; give its scripts a nonce, which modcast uses too',
  'trusted-types': 'its policy requires Trusted Types',
} as const;

export type UnchangedCode = keyof typeof UNCHANGED;

export type Unchanged =
  | Forbidden
  | { readonly code: Exclude<UnchangedCode, Forbidden['code']>; readonly directive?: undefined };

/** The policies in `<meta>` elements. The loader finds one in a header. */
const policiesOf = (elements: readonly PageElement[]): string[] =>
  elements
    .filter((e) => e.tag === 'meta' && /^content-security-policy$/i.test(e.attribute('http-equiv') ?? ''))
    .map((e) => e.attribute('content') ?? '');

/** Why a page with these elements has to be served without the loader. */
export function reasonToLeave(elements: PageElement[]): Unchanged | undefined {
  const isUnreachable = (e: PageElement) => e.inShadowRoot && heldType(e) !== undefined;
  if (elements.some(isUnreachable)) return { code: 'shadow-root' };
  const { nonce } = readHead(elements);
  for (const policy of policiesOf(elements)) {
    const reason = forbidden(policy, nonce);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

export type ExplainedPage = Unchanged & {
  /** The page with a script that tells the browser's console. Undefined where its policy forbids that. */
  readonly withNotice?: Uint8Array;
};

/**
 * Why a page is served without the loader. Undefined where its author wants that, or it is blank.
 *
 * @param noticeSrc the start of the URL of the script; the reason's code follows. Undefined: no script
 */
export function explainUnchanged(html: Uint8Array, noticeSrc?: string): ExplainedPage | undefined {
  const body = withoutBom(html);
  if (!body) return { code: 'encoding' };
  const { elements, headOffset } = parsePage(body);
  if (headOffset === undefined || elements.some(isOptOut)) return undefined;
  const reason = reasonToLeave(elements);
  if (reason === undefined) return undefined;
  if (noticeSrc === undefined || !policiesOf(elements).every(allowsOwnScript)) return reason;
  const edit = { start: headOffset, end: headOffset, text: noticeTag(noticeSrc + reason.code) };
  return { ...reason, withNotice: splice(html, html.length - body.length, [edit]) };
}
