import {
  allowsOwnScript,
  forbiddenConnection,
  forbiddenScript,
  forbiddenTypes,
  withNonce,
  type Forbidden,
} from './content-security-policy.js';
import { parsePage, withoutBom, type PageElement } from './page-elements.js';
import { noticeTag, splice } from './page-edits.js';
import { readHead } from './read-page.js';
import { heldType, isOptOut } from './script-kinds.js';

/** Why a page is served without the loader, by code. The texts complete "this page is served as it is: …". */
export const UNCHANGED = {
  encoding: 'it is in UTF-16 or ISO-2022-JP, and modcast changes pages only in encodings that extend ASCII',
  'shadow-root': 'it has module scripts or import maps in a declarative shadow root',
  'inline-script': 'its policy allows no inline script; give its scripts a nonce, which modcast uses too',
  'own-script': 'its policy does not allow the loader; give its scripts a nonce, which modcast uses too',
  'own-connection': "its policy does not allow connections to its own server; add 'self' to connect-src",
  'trusted-types': 'its policy requires Trusted Types',
} as const;

export type UnchangedCode = keyof typeof UNCHANGED;

export type Unchanged =
  | Forbidden
  | { readonly code: Exclude<UnchangedCode, Forbidden['code']>; readonly directive?: undefined };

/** The policies in `<meta>` elements. */
const policiesOf = (elements: readonly PageElement[]): string[] =>
  elements
    .filter((e) => e.tag === 'meta' && /^content-security-policy$/i.test(e.attribute('http-equiv') ?? ''))
    .map((e) => e.attribute('content') ?? '');

/** Whether it declares the one encoding in which `<` may be a part of another character. */
const isStateful = (e: PageElement): boolean =>
  e.tag === 'meta' &&
  [e.attribute('charset'), e.attribute('content')?.split(/charset\s*=/i)[1]].some((label) =>
    /^[\s'"]*(?:cs)?iso-?2022-?jp\b/i.test(label ?? ''),
  );

/**
 * Why a page with these elements has to be served without the loader.
 *
 * @param known policies in the headers of the page, as `policiesOfHeaders` returns them. The loader finds
 *   others there
 */
export function reasonToLeave(elements: PageElement[], known: readonly string[]): Unchanged | undefined {
  if (elements.some(isStateful)) return { code: 'encoding' };
  const isUnreachable = (e: PageElement) => e.inShadowRoot && heldType(e) !== undefined;
  if (elements.some(isUnreachable)) return { code: 'shadow-root' };
  const { nonce } = readHead(elements);
  for (const policy of policiesOf(elements)) {
    const reason = forbiddenTypes(policy) ?? forbiddenScript(policy, nonce) ?? forbiddenConnection(policy);
    if (reason !== undefined) return reason;
  }
  const own = known.map((policy) => withNonce(policy, nonce));
  const isBare = own.some((policy) => forbiddenScript(policy, nonce) !== undefined);
  for (const policy of own) {
    const reason =
      forbiddenConnection(policy) ??
      // Without the guard, the loader can run the page natively and reload it.
      (isBare
        ? (forbiddenTypes(policy) ?? (allowsOwnScript(policy) ? undefined : forbiddenScript(policy, nonce)))
        : undefined);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Whether a policy in the headers allows the loader, but no inline script such as the guard. */
export const forbidsInline = (known: readonly string[], nonce: string | undefined): boolean =>
  known.some((policy) => forbiddenScript(withNonce(policy, nonce), nonce) !== undefined);

export type ExplainedPage = Unchanged & {
  /** The page with a script that tells the browser's console. Undefined where its policy forbids that. */
  readonly withNotice?: Uint8Array;
};

/**
 * Why a page is served without the loader. Undefined where its author wants that, or it is blank.
 *
 * @param noticeSrc the start of the URL of the script; the reason's code follows. Undefined: no script
 * @param known as for `reasonToLeave`
 */
export function explainUnchanged(
  html: Uint8Array,
  noticeSrc?: string,
  known: readonly string[] = [],
): ExplainedPage | undefined {
  const body = withoutBom(html);
  if (!body) return { code: 'encoding' };
  const { elements, headOffset } = parsePage(body);
  if (headOffset === undefined || elements.some(isOptOut)) return undefined;
  const reason = reasonToLeave(elements, known);
  if (reason === undefined) return undefined;
  if (reason.code === 'encoding') return reason;
  if (noticeSrc === undefined || ![...policiesOf(elements), ...known].every(allowsOwnScript)) return reason;
  const edit = { start: headOffset, end: headOffset, text: noticeTag(noticeSrc + reason.code) };
  return { ...reason, withNotice: splice(html, html.length - body.length, [edit]) };
}
