/**
 * Natively a module script waits for the style sheets before it, so that it can measure the layout. Inserted
 * scripts do not, so the loader waits instead. It runs before the first style sheet and sees the events of
 * all.
 */
export class StylesheetGate {
  /** Links whose style sheet has loaded or failed. */
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

  /** Resolves when no style sheet of the page blocks scripts. */
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
