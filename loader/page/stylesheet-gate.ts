/**
 * Natively a module script waits for the style sheets before it, so that what it measures is laid out. Scripts that are
 * put in later do not; so the loader waits for them. It is there before every style sheet and hears of each.
 */
export class StylesheetGate {
  /** Links of which the browser has said that they have come, or will not. */
  readonly #settled = new WeakSet<EventTarget>();
  #wake: () => void = () => {};

  constructor() {
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

  /** Resolves when no style sheet of the page blocks scripts any more. */
  async settled(): Promise<void> {
    while (this.#blocking().length > 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #blocking(): HTMLLinkElement[] {
    return [...document.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet" i][href]')].filter(
      (link) =>
        link.sheet === null &&
        !this.#settled.has(link) &&
        !link.disabled &&
        !link.relList.contains('alternate') &&
        matchMedia(link.media).matches,
    );
  }
}
