import { rootsOf, sheetsOf, withImports, type SheetRoot } from './page-sheets.js';

/**
 * Style sheets that the page loads after an update: a link that is inserted or switched on, in a shadow root
 * or a frame that may be new too. Firefox loads each URL once for a document, and gives the first version.
 */
export class LateSheets {
  readonly #found: (sheet: CSSStyleSheet) => void;
  readonly #watched = new WeakSet<SheetRoot>();

  /** @param found called with each, and with those that it imports */
  constructor(found: (sheet: CSSStyleSheet) => void) {
    this.#found = found;
  }

  settle(sheet: CSSStyleSheet): void {
    for (const one of withImports(sheet)) this.#found(one);
  }

  /** Looks out for style sheets in a root, from now on. */
  watch(root: SheetRoot): void {
    if (this.#watched.has(root)) return;
    this.#watched.add(root);
    root.addEventListener('load', this.#onLoad, true);
    new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        for (const node of addedNodes) if ('querySelectorAll' in node) this.#added(node as Element);
      }
    }).observe(root, { childList: true, subtree: true });
  }

  /** The event reaches capturing listeners of the link's own root only. */
  readonly #onLoad = ({ target }: Event) => {
    const { sheet } = target as Partial<HTMLLinkElement>;
    if (sheet) this.settle(sheet);
    // A frame has another document.
    else if (target !== null && 'shadowRoot' in target) this.#added(target as Element);
  };

  #added(element: Element): void {
    for (const root of [element, ...element.querySelectorAll('*')].flatMap(rootsOf)) {
      this.watch(root);
      for (const sheet of sheetsOf(root)) this.#found(sheet);
      for (const child of root.children) this.#added(child);
    }
  }
}
