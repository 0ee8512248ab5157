import type { Hash } from '../../../../schema/hash.js';
import { LateSheets } from './late-sheets.js';
import { isAt, sheetRoots, sheetsOf, unloadedLinks } from './page-sheets.js';
import { changeVersion, hasVersion, readVersion, type SheetVersion } from './sheet-version.js';

/** Versions of a style sheet, the newest first: that one, and those which the page may show. */
export type Versions = readonly [Hash, ...Hash[]];

export interface SwapOutcome {
  /** URLs whose newest version could not be read. */
  readonly unread: ReadonlySet<string>;
  /** URLs of style sheets that only a reload brings to the newest version. */
  readonly refused: ReadonlySet<string>;
}

/** An imported sheet emits no event when it is loaded: how many looks at it, and milliseconds in between. */
const POLL_MS = 10;
const POLLS = 300;

/**
 * Brings the style sheets of the page to their newest versions by changing their rules in place. So the
 * element, its attributes, its place, and the style sheet object stay as the page made them: switched off,
 * limited to a medium, kept in a variable, in a shadow root or in a frame.
 */
export class StylesheetSwap {
  readonly #read: (hashes: readonly Hash[]) => Promise<(string | undefined)[]>;
  /** What the page's style sheets may have, the newest first, by URL. */
  readonly #versions = new Map<string, readonly SheetVersion[]>();
  readonly #late = new LateSheets((sheet) => this.#settleKnown(sheet));

  /** @param read the sources of versions. Undefined for one that the server does not send */
  constructor(read: (hashes: readonly Hash[]) => Promise<(string | undefined)[]>) {
    this.#read = read;
  }

  /** Whether the page links or imports a style sheet. */
  isUsed(url: string): boolean {
    return sheetRoots().some(
      (root) => unloadedLinks(root, url).length > 0 || [...sheetsOf(root)].some((sheet) => isAt(sheet, url)),
    );
  }

  /** Resolves when the new versions apply. */
  async swap(changed: ReadonlyMap<string, Versions>): Promise<SwapOutcome> {
    const unread = new Set<string>();
    const refused = new Set<string>();
    const sources = await Promise.all([...changed.values()].map((hashes) => this.#read(hashes)));
    for (const [at, url] of [...changed.keys()].entries()) {
      const [newest, ...older] = sources[at]!.map((source) =>
        source === undefined ? undefined : readVersion(source, url),
      );
      if (newest === undefined) unread.add(url);
      else if (newest === null) refused.add(url);
      else this.#versions.set(url, [newest, ...older.flatMap((version) => (version ? [version] : []))]);
    }
    // Nothing is awaited between the first change and the last, so that the page shows all or none.
    for (const root of sheetRoots()) {
      for (const url of changed.keys()) {
        if (unread.has(url) || refused.has(url)) continue;
        for (const sheet of sheetsOf(root))
          if (isAt(sheet, url) && !this.#settle(sheet, url)) refused.add(url);
        for (const link of unloadedLinks(root, url)) if (!link.disabled) loadAgain(link);
      }
      this.#late.watch(root);
    }
    return { unread, refused };
  }

  /** A style sheet that was loaded after an update. The browser may have taken it from a cache of its own. */
  #settleKnown(sheet: CSSStyleSheet): void {
    for (const url of this.#versions.keys()) if (isAt(sheet, url)) this.#settle(sheet, url);
  }

  /** @returns false for a style sheet with rules that no version has, or that may not have others */
  #settle(sheet: CSSStyleSheet, url: string): boolean {
    const [newest, ...older] = this.#versions.get(url)!;
    if (hasVersion(sheet, newest!)) return true;
    const owner = sheet.ownerNode as Partial<HTMLLinkElement> | null;
    const from = older.find((version) => hasVersion(sheet, version));
    if (from === undefined || (owner?.integrity ?? '') !== '') return false;
    const added = changeVersion(sheet, from, newest!);
    for (const rule of added ?? []) void loaded(rule).then((one) => one && this.#late.settle(one));
    return added !== null;
  }
}

/** A link whose file was missing, or is loading, perhaps in an old version. */
function loadAgain(link: HTMLLinkElement): void {
  const { parentNode, nextSibling } = link;
  link.remove();
  parentNode?.insertBefore(link, nextSibling);
}

async function loaded(rule: CSSImportRule): Promise<CSSStyleSheet | null> {
  for (let poll = 0; poll < POLLS; poll++) {
    try {
      if (rule.styleSheet?.cssRules !== undefined) return rule.styleSheet;
    } catch {
      // Not loaded yet.
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return null;
}
