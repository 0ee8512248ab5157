/**
 * Natively a page's module scripts run before `DOMContentLoaded`, and `load` waits for them. Modules from a
 * socket run later. So these events are held, and dispatched after the modules have run, in the native order
 * and with the native `readyState`.
 */
export class PageEvents {
  /**
   * `ran`: all but the `async` scripts have run. `done`: the page has seen its last event, and the browser's
   * own come too late.
   */
  #state: 'holding' | 'ran' | 'released' | 'done' = 'holding';
  readonly #held: { readonly name: string; readonly dispatch: () => void }[] = [];

  constructor() {
    this.#hold(window, 'DOMContentLoaded', () =>
      document.dispatchEvent(new Event('DOMContentLoaded', { bubbles: true })),
    );
    this.#hold(document, 'readystatechange', dispatchStateChange);
    this.#hold(window, 'load', dispatchLoad);
    this.#hold(window, 'pageshow', dispatchPageShow);
    const get = nativeState();
    if (get === undefined) return;
    Object.defineProperty(document, 'readyState', {
      configurable: true,
      get: () => (get() === 'complete' ? 'interactive' : get()),
    });
  }

  /** All but the `async` scripts have run: dispatches `DOMContentLoaded`, if it is held. */
  ran(): void {
    this.#state = 'ran';
    // At `DOMContentLoaded` a page is not complete yet.
    if (this.#held[0]?.name === 'DOMContentLoaded') this.#held.shift()!.dispatch();
  }

  /** All scripts have run: dispatches the other held events, in their order. */
  release(): void {
    this.#state = 'released';
    this.#restoreReadyState();
    for (const { dispatch } of this.#held) dispatch();
  }

  /**
   * Dispatches the last events without waiting for the browser's, which a script that hangs delays for
   * minutes. Call it after `release()`.
   */
  finish(): void {
    if (nativeState()?.() === 'complete') return;
    // What else delays the events, and can be seen.
    const isLoading = [...document.images].some(({ complete, loading }) => !complete && loading !== 'lazy');
    if (isLoading) return void setTimeout(() => this.finish(), 100);
    this.#state = 'done';
    Object.defineProperty(document, 'readyState', { configurable: true, value: 'complete' });
    dispatchStateChange();
    dispatchLoad();
    dispatchPageShow();
  }

  #restoreReadyState(): void {
    delete (document as { readyState?: unknown }).readyState;
  }

  #hold(target: EventTarget, name: string, dispatch: () => void): void {
    // The guard is the page's first script, so this is the target's first listener.
    const listener = (event: Event) => {
      if (this.#state === 'released' || !event.isTrusted) return;
      if (this.#state === 'ran' && name === 'DOMContentLoaded') return;
      if (event.target !== document && event.target !== window) return;
      const isComplete = nativeState()?.() === 'complete';
      // Natively "interactive" comes before module scripts too.
      if (name === 'readystatechange' && document.readyState === 'interactive' && !isComplete) return;
      event.stopImmediatePropagation();
      if (this.#state === 'done') this.#restoreReadyState();
      else this.#held.push({ name, dispatch });
    };
    target.addEventListener(name, listener, true);
  }
}

function nativeState(): (() => DocumentReadyState) | undefined {
  const native = Object.getOwnPropertyDescriptor(Document.prototype, 'readyState')?.get;
  return native?.bind(document) as (() => DocumentReadyState) | undefined;
}

const dispatchStateChange = () => document.dispatchEvent(new Event('readystatechange'));
const dispatchLoad = () => window.dispatchEvent(new Event('load'));
const dispatchPageShow = () =>
  window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));
