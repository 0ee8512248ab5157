/**
 * Natively a page's module scripts run before `DOMContentLoaded`, and `load` waits for them. Modules from a
 * socket run later. So these events are held, and dispatched after the modules have run, in the native order
 * and with the native `readyState`.
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

  /** Dispatches the held events in their order. Later calls do nothing. */
  release(): void {
    if (this.#state === 'released') return;
    this.#state = 'released';
    for (const { name, dispatch } of this.#held) {
      // At `DOMContentLoaded` a page is not complete yet.
      if (name !== 'DOMContentLoaded') this.#restoreReadyState();
      dispatch();
    }
    this.#restoreReadyState();
  }

  #restoreReadyState(): void {
    delete (document as { readyState?: unknown }).readyState;
  }

  #hold(target: EventTarget, name: string, dispatch: () => void): void {
    // The loader is the page's first script, so this is the target's first listener.
    const listener = (event: Event) => {
      if (this.#state === 'released' || !event.isTrusted) return;
      if (event.target !== document && event.target !== window) return;
      // Natively "interactive" comes before module scripts too.
      if (name === 'readystatechange' && document.readyState === 'interactive' && !this.#complete) return;
      event.stopImmediatePropagation();
      this.#held.push({ name, dispatch });
    };
    target.addEventListener(name, listener, true);
  }

  get #complete(): boolean {
    const native = Object.getOwnPropertyDescriptor(Document.prototype, 'readyState')?.get;
    return native?.call(document) === 'complete';
  }
}
