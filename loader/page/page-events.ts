/**
 * Natively a page's module scripts run before `DOMContentLoaded`, and `load` waits for them. Modules that come
 * over a socket are later than that. So the events wait: whoever listens hears them after the modules have run,
 * in the order and with the `readyState` that they would have without modcast.
 */
export class PageEvents {
  #state: 'holding' | 'released' = 'holding';
  readonly #held: { readonly name: string; readonly dispatch: () => void }[] = [];

  constructor() {
    this.#hold(window, 'DOMContentLoaded', () =>
      document.dispatchEvent(new Event('DOMContentLoaded', { bubbles: true })),
    );
    this.#hold(document, 'readystatechange', () => document.dispatchEvent(new Event('readystatechange')));
    this.#hold(window, 'load', () => window.dispatchEvent(new Event('load')));
    this.#hold(window, 'pageshow', () =>
      window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false })),
    );
    const native = Object.getOwnPropertyDescriptor(Document.prototype, 'readyState');
    if (native?.get === undefined) return;
    const get = native.get.bind(document) as () => DocumentReadyState;
    Object.defineProperty(document, 'readyState', {
      configurable: true,
      get: () => (get() === 'complete' ? 'interactive' : get()),
    });
  }

  /** Lets the events go that have happened meanwhile, in their order. Once is enough. */
  release(): void {
    if (this.#state === 'released') return;
    this.#state = 'released';
    for (const { name, dispatch } of this.#held) {
      // A page is not complete yet when its content has just been parsed.
      if (name !== 'DOMContentLoaded') this.#restoreReadyState();
      dispatch();
    }
    this.#restoreReadyState();
  }

  #restoreReadyState(): void {
    delete (document as { readyState?: unknown }).readyState;
  }

  #hold(target: EventTarget, name: string, dispatch: () => void): void {
    // The loader runs first of all scripts, so this listener is first at its target.
    const listener = (event: Event) => {
      if (this.#state === 'released' || !event.isTrusted) return;
      if (event.target !== document && event.target !== window) return;
      // "interactive" comes before module scripts natively too.
      if (name === 'readystatechange' && document.readyState === 'interactive' && !this.#complete) return;
      event.stopImmediatePropagation();
      this.#held.push({ name, dispatch });
    };
    target.addEventListener(name, listener, { capture: true });
  }

  get #complete(): boolean {
    const native = Object.getOwnPropertyDescriptor(Document.prototype, 'readyState')?.get;
    return native?.call(document) === 'complete';
  }
}
