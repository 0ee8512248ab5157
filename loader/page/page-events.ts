import { dispatch, nativeState, select } from './native-document.js';
import { withNatives } from './natives.js';

const { defineProperty, deleteProperty } = Reflect;

/** Elements that delay a page's `load` event until they have one of their own. */
const DELAYING =
  'script[src]:is(:not([type]),[type=module],[type$=javascript]):not([nomodule]),link[rel~=stylesheet i]:not([disabled]),iframe,img';

/** How often it looks for these and how long it waits, in milliseconds. Some failures show nowhere. */
const INTERVAL_MS = 20;
const LIMIT_MS = 10_000;

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
  /** Elements whose `load` or `error` event has been, once the browser's `load` event is held. */
  #settled: (EventTarget | null)[] | undefined;

  constructor() {
    this.#hold(window, 'DOMContentLoaded', () =>
      dispatch(document, new Event('DOMContentLoaded', { bubbles: true })),
    );
    this.#hold(document, 'readystatechange', dispatchStateChange);
    this.#hold(window, 'load', dispatchLoad);
    for (const name of ['load', 'error'])
      document.addEventListener(
        name,
        ({ target }) => {
          if (this.#settled !== undefined) this.#settled[this.#settled.length] = target;
        },
        true,
      );
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

  /**
   * All scripts have run: dispatches the other held events, in their order. Natively `load` waits for what
   * scripts have inserted.
   */
  release(patience = LIMIT_MS): void {
    const settled = this.#settled;
    if (settled && patience > 0 && withNatives(() => this.#isLoading(settled)))
      return void setTimeout(() => this.release(patience - INTERVAL_MS), INTERVAL_MS);
    this.#settled = undefined;
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
    if (withNatives(() => this.#isLoading(select(DELAYING))))
      return void setTimeout(() => this.finish(), 100);
    this.#state = 'done';
    this.#showState({ value: 'complete' });
    dispatchStateChange();
    dispatchLoad();
    dispatchPageShow();
  }

  /** @param settled elements that have had their event. Images tell by themselves */
  #isLoading(settled: readonly (EventTarget | null)[]): boolean {
    return select<HTMLImageElement>(DELAYING).some(
      (element) => !(element.complete ?? settled.includes(element)) && element.loading !== 'lazy',
    );
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
          if (name === 'load') this.#settled = select(DELAYING);
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
