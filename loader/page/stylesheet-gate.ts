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
      true,
    );
    for (const name of ['load', 'error']) {
      document.addEventListener(
        name,
        ({ target }) => {
          this.#settled.add(target!);
          this.#wake();
        },
        // These events do not bubble.
        true,
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
        isLoading(link.sheet) &&
        !this.#settled.has(link) &&
        !link.disabled &&
        !link.relList.contains('alternate') &&
        matchMedia(link.media).matches,
    );
  }
}

/**
 * Whether a style sheet, or one that it imports, is still loading: then it is null. Chromium has a `sheet`
 * for a link before it has loaded all imports, and does not apply it yet.
 *
 * @param sheet undefined for the rules that import nothing
 */
function isLoading(sheet: CSSStyleSheet | null | undefined): boolean {
  try {
    return (
      sheet === null ||
      (sheet !== undefined &&
        [...sheet.cssRules].some(({ styleSheet }: Partial<CSSImportRule>) => isLoading(styleSheet)))
    );
  } catch {
    // The rules of another origin's style sheet cannot be read.
    return false;
  }
}
