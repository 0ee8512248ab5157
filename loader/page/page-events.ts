import { dispatch, nativeState, select } from './native-document.js';
import { withNatives } from './natives.js';

const { defineProperty, deleteProperty } = Reflect;

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
  readonly #held: { readonly name: string; readonly run: () => void }[] = [];

  constructor() {
    this.#hold(window, 'DOMContentLoaded', () =>
      dispatch(document, new Event('DOMContentLoaded', { bubbles: true })),
    );
    this.#hold(document, 'readystatechange', dispatchStateChange);
    this.#hold(window, 'load', dispatchLoad);
    this.#hold(window, 'pageshow', dispatchPageShow);
    this.#showState({ get: () => (nativeState() === 'complete' ? 'interactive' : nativeState()) });
  }

  /** All but the `async` scripts have run: dispatches `DOMContentLoaded`, if it is held. */
  ran(): void {
    this.#state = 'ran';
    const first = this.#held[0];
    // At `DOMContentLoaded` a page is not complete yet.
    if (first?.name !== 'DOMContentLoaded') return;
    withNatives(() => this.#held.shift());
    first.run();
  }

  /** All scripts have run: dispatches the other held events, in their order. */
  release(): void {
    this.#state = 'released';
    this.#restoreReadyState();
    const held = this.#held;
    // The page may have replaced the iterator.
    for (let i = 0; i < held.length; i++) held[i]!.run();
  }

  /**
   * Dispatches the last events without waiting for the browser's, which a script that hangs delays for
   * minutes. Call it after `release()`.
   */
  finish(): void {
    if (nativeState() === 'complete') return;
    // What else delays the events, and can be seen.
    const isLoading = withNatives(() =>
      select<HTMLImageElement>('img').some(({ complete, loading }) => !complete && loading !== 'lazy'),
    );
    if (isLoading) return void setTimeout(() => this.finish(), 100);
    this.#state = 'done';
    this.#showState({ value: 'complete' });
    dispatchStateChange();
    dispatchLoad();
    dispatchPageShow();
  }

  #showState(descriptor: PropertyDescriptor): void {
    try {
      defineProperty(document, 'readyState', { configurable: true, ...descriptor });
    } catch {
      // WebKit throws where an element of the page has the name.
    }
  }

  #restoreReadyState(): void {
    deleteProperty(document, 'readyState');
  }

  #hold(target: EventTarget, name: string, run: () => void): void {
    // The guard is the page's first script, so this is the target's first listener.
    target.addEventListener(
      name,
      (event) =>
        withNatives(() => {
          if (!this.#isHeld(name, event)) return;
          event.stopImmediatePropagation();
          if (this.#state === 'done') this.#restoreReadyState();
          else this.#held.push({ name, run });
        }),
      true,
    );
  }

  #isHeld(name: string, event: Event): boolean {
    if (this.#state === 'released' || !event.isTrusted) return false;
    if (this.#state === 'ran' && name === 'DOMContentLoaded') return false;
    // The page comes back from the back/forward cache.
    if ((event as PageTransitionEvent).persisted) return false;
    if (event.target !== document && event.target !== window) return false;
    // Natively "interactive" comes before module scripts too.
    return name !== 'readystatechange' || nativeState() === 'complete';
  }
}

const dispatchStateChange = () => dispatch(document, new Event('readystatechange'));
const dispatchLoad = () => dispatch(window, new Event('load'));
const dispatchPageShow = () => dispatch(window, new PageTransitionEvent('pageshow', { persisted: false }));
