import { isImport } from './sheet-version.js';

/** A document or an open shadow root. */
export type SheetRoot = Document | ShadowRoot;

/** The URL without query and fragment. */
const plain = (url: string): string => /^[^?#]*/.exec(url)![0];

/**
 * The page's document, its open shadow roots, and the same of its frames. Not a frame with hot reload of its
 * own, nor one of another origin.
 */
export function sheetRoots(): SheetRoot[] {
  const roots: SheetRoot[] = [document];
  for (const root of roots) {
    for (const element of root.querySelectorAll('*')) roots.push(...rootsOf(element));
  }
  return roots;
}

/** The roots that an element holds itself. */
export function rootsOf(element: Element): SheetRoot[] {
  const roots: SheetRoot[] = [];
  if (element.shadowRoot !== null) roots.push(element.shadowRoot);
  const { contentDocument, contentWindow } = element as Partial<HTMLIFrameElement>;
  if (contentDocument && (contentWindow as Partial<typeof globalThis> | null)?.modcast === undefined)
    roots.push(contentDocument);
  return roots;
}

/** The style sheets of a root whose rules can be read, and those that they import. */
export function* sheetsOf(root: SheetRoot): Iterable<CSSStyleSheet> {
  for (const sheet of root.styleSheets) yield* withImports(sheet);
}

/** A style sheet and those that it imports, as far as their rules can be read. */
export function* withImports(sheet: CSSStyleSheet): Iterable<CSSStyleSheet> {
  const rules = rulesOf(sheet);
  if (rules !== null) yield sheet;
  for (const rule of rules ?? []) {
    if (isImport(rule) && rule.styleSheet !== null) yield* withImports(rule.styleSheet);
  }
}

/** Whether a style sheet is the file at a natural URL, with any query. */
export const isAt = ({ href }: CSSStyleSheet, url: string): boolean => href !== null && plain(href) === url;

/** Links to a file whose rules are not there: it is switched off, loading, or could not be loaded. */
export function unloadedLinks(root: SheetRoot, url: string): HTMLLinkElement[] {
  return [...root.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet" i][href]')].filter(
    (link) => plain(link.href) === url && (link.sheet === null || rulesOf(link.sheet) === null),
  );
}

/** Null for a style sheet of another origin, and for one that is not loaded. */
function rulesOf(sheet: CSSStyleSheet): CSSRuleList | null {
  try {
    return sheet.cssRules;
  } catch {
    return null;
  }
}
