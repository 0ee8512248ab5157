/**
 * Natively a module script waits for the style sheets before it, so that it can measure the layout. Inserted
 * scripts do not, so the loader waits instead. It runs before the first style sheet and sees the events of
 * all.
 */
export class StylesheetGate {
  /** Links whose style sheet has loaded or failed, with all that it imports. */
  readonly #settled = new WeakSet<EventTarget>();
  /** Whether the page's `load` event has been due: nothing blocks scripts after it. */
  #isLoaded = document.readyState === 'complete';
  #wake: () => void = () => {};

  constructor() {
    addEventListener(
      'load',
      () => {
        this.#isLoaded = true;
        this.#wake();
      },
      { capture: true, once: true },
    );
    for (const name of ['load', 'error']) {
      document.addEventListener(
        name,
        ({ target }) => {
          if (target === null) return;
          this.#settled.add(target);
          this.#wake();
        },
        // These events do not bubble.
        { capture: true },
      );
    }
  }

  /** Resolves when no style sheet of the page blocks scripts. */
  async settled(): Promise<void> {
    while (this.#blocking().length > 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #blocking(): HTMLLinkElement[] {
    if (this.#isLoaded) return [];
    return [...document.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet" i][href]')].filter(
      (link) =>
        (link.sheet === null || awaitsImport(link.sheet)) &&
        !this.#settled.has(link) &&
        !link.disabled &&
        !link.relList.contains('alternate') &&
        matchMedia(link.media).matches,
    );
  }
}

/**
 * Whether a style sheet has loaded, but not all that it imports. Chromium then has a `sheet` for the link,
 * and does not apply it yet.
 */
function awaitsImport(sheet: CSSStyleSheet): boolean {
  try {
    return [...sheet.cssRules].some(
      (rule) => rule instanceof CSSImportRule && (rule.styleSheet === null || awaitsImport(rule.styleSheet)),
    );
  } catch {
    // The rules of another origin's style sheet cannot be read.
    return false;
  }
}
