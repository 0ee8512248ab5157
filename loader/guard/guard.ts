import { ErrorEvents } from '../page/error-events.js';
import {
  hold,
  readHeldPage,
  readHeldScript,
  removeMarks,
  whenParsed,
  type HeldScript,
  type ScriptElement,
} from '../page/held-page.js';
import { isGecko } from '../page/engine.js';
import { restoreImportMaps } from '../page/import-map-elements.js';
import { inlineText } from '../page/inline-text.js';
import { allInserted } from '../page/insert-again.js';
import { PageEvents } from '../page/page-events.js';
import { settlePreloads } from '../page/preloads.js';
import { runHeldScripts, type RunOptions } from '../page/run-scripts.js';
import { StylesheetGate } from '../page/stylesheet-gate.js';

declare global {
  /** The guard of a page, until the loader takes over. */
  var __modcast_guard__: Guard | undefined;
}

/** Milliseconds without a sign of life after which the page runs without the loader. */
const LIMIT_MS = 3000;

/** How often the guard counts. A busy thread fires a timer late, and then counts once. */
const TICK_MS = 500;

/** Only Gecko ignores white space around a module script's type. */
const hasRunnableType = (element: Element): boolean =>
  isGecko() || !/^\s|\s$/.test(element.getAttribute('type') ?? '');

/** Whether a module script can hold back rendering. */
const BLOCKS = 'blocking' in HTMLScriptElement.prototype;

export interface GuardOptions {
  /** Nonce of the guard's own script. */
  readonly nonce: string;
  /** Milliseconds that the page waits for the socket. The guard waits at least as long for the loader. */
  readonly timeout: number;
  /** Absolute URL of the loader. */
  readonly loader: string;
  /** Whether the page has scripts to hold. */
  readonly holds: boolean;
}

export interface GuardRun extends Omit<RunOptions, 'nonce' | 'errors' | 'done' | 'loaded'> {
  /**
   * Called when the page is parsed and no style sheet blocks scripts.
   *
   * @returns resolves when the page's import maps are in
   */
  readonly settle: () => Promise<void>;
  /** Called when all but the `async` scripts have run or failed. @param ms when, since the navigation */
  readonly done: (ms: number) => void;
  /** Called when these have too, and the page has got its `load` event if the browser's is over. */
  readonly loaded?: () => void;
}

/**
 * Holds a page's module scripts until the loader runs them. When the loader cannot be loaded, does not start
 * or gives no sign of life, the guard runs them natively. It is inline in the page, so it is always there
 * when scripts are held: it holds them itself, just before the parser prepares them. It stores what it needs
 * of the globals, which the page's scripts may replace.
 */
export class Guard {
  readonly errors = new ErrorEvents();
  /** Before `events`, which stops the page's `load` event. */
  readonly #stylesheetGate = new StylesheetGate();
  readonly #events: PageEvents | undefined;
  readonly #options: GuardOptions;
  readonly #observer: MutationObserver;
  readonly #timer: ReturnType<typeof setInterval>;
  /** The scripts that are not held, with their base URLs. */
  readonly seen = new Map<ScriptElement, string>();
  /** Those that are held. They may be gone from the page. */
  readonly held = new Map<ScriptElement, HeldScript>();
  /** The last one, while the parser may still be reading its text: a page can arrive in parts. */
  #unfinished: ScriptElement | undefined;
  #early = '';
  #state: 'waiting' | 'taken' | 'running' = 'waiting';
  #tag: HTMLScriptElement | undefined;
  #ticks = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    if (options.holds) this.#events = new PageEvents();
    this.#observer = new MutationObserver((records) => {
      this.#readText();
      for (const { addedNodes } of records) for (const node of addedNodes) this.#added(node);
    });
    this.#observer.observe(document, { childList: true, subtree: true });
    whenParsed(() => {
      this.#readText();
      this.#observer.disconnect();
    });
    const limit = Math.max(LIMIT_MS, options.timeout);
    this.#timer = setInterval(() => {
      if (++this.#ticks * TICK_MS >= limit) this.fail('did not respond in time');
    }, TICK_MS);
  }

  /** Called by the loader, which runs the page from now on. False when the page runs natively already. */
  take(): boolean {
    if (this.#state !== 'waiting') return false;
    this.#state = 'taken';
    this.signal();
    return true;
  }

  /** Whether the browser may have loaded modules before the loader's import map. */
  get early(): boolean {
    return this.#early === 'import' || (this.#early === 'render' && BLOCKS);
  }

  /** A sign of life. */
  signal(): void {
    this.#ticks = 0;
  }

  /** Runs the page's scripts, once. @returns false when they run already */
  run({ settle, done, loaded = () => {}, ...options }: GuardRun): boolean {
    if (this.#state === 'running') return false;
    this.#state = 'running';
    clearInterval(this.#timer);
    const { nonce } = this.#options;
    const { errors } = this;
    const events = this.#events;
    const whenRan = () => {
      const ms = performance.now();
      events?.ran();
      done(ms);
    };
    // Natively the page's `load` event is in a task of its own.
    const whenLoaded = () =>
      setTimeout(() => {
        events?.release();
        loaded();
      });
    whenParsed(() =>
      this.#stylesheetGate.whenSettled(() => {
        // The loader has a queue of insertions of its own.
        void settle().then(() => {
          const page = readHeldPage(this.held);
          runHeldScripts(page, { ...options, nonce, errors, done: whenRan, loaded: whenLoaded });
        });
      }),
    );
    return true;
  }

  /** Runs the page natively, unless it runs already. */
  fail(reason: string): void {
    // The page should find only the scripts that its author wrote.
    this.#tag?.remove();
    const ran = this.run({
      settle() {
        restoreImportMaps();
        return allInserted().then(() => settlePreloads(() => false));
      },
      prepare(script, first) {
        const { element, src } = script;
        if (src !== null || first === '' || !(element instanceof HTMLScriptElement)) return () => {};
        const { text } = element;
        element.text = inlineText(script, first);
        return () => void (element.text = text);
      },
      signal: ({ element }, expression) =>
        element instanceof HTMLScriptElement ? `${expression};` : undefined,
      setText: (script, text) => void (script.text = text),
      done() {},
      loaded: () => this.#events?.finish(),
    });
    if (!ran) return;
    const { loader } = this.#options;
    const message = `the loader ${reason} (${loader}). This page runs without modcast.`;
    console.warn(`modcast: ${message}`);
    // A host of plain files has nobody to tell.
    if (this.#tag?.dataset['socket'] === 'off') return;
    const report = { type: 'failed', deploy: null, stage: 'loader', message };
    navigator.sendBeacon(new URL('failed', loader), JSON.stringify(report));
  }

  #added(node: Node): void {
    if (!(node instanceof HTMLScriptElement || node instanceof SVGScriptElement)) return;
    const { modcast: kind, modcastEarly } = node.dataset;
    if (kind === 'none') node.remove();
    else if (this.#isLoader(node)) this.#watch(node as HTMLScriptElement);
    else if (
      kind !== undefined &&
      !(kind === 'importmap' ? this.early : modcastEarly !== undefined && BLOCKS) &&
      (kind === 'defer' || hasRunnableType(node))
    )
      this.#hold(node, kind);
    else {
      this.seen.set(node, document.baseURI);
      if (kind !== undefined) removeMarks(node);
    }
  }

  #hold(element: ScriptElement, kind: string): void {
    hold(element, kind);
    this.held.set(element, readHeldScript(element));
    this.#unfinished = element;
  }

  #readText(): void {
    const element = this.#unfinished;
    if (element === undefined) return;
    const script = this.held.get(element)!;
    const text = element.textContent;
    // The parser only adds to it. Other changes are the page's.
    if (text.startsWith(script.text)) this.held.set(element, { ...script, text });
    if (element.nextSibling !== null) this.#unfinished = undefined;
  }

  #isLoader(node: ScriptElement): boolean {
    return node instanceof HTMLScriptElement && node.src === this.#options.loader;
  }

  #watch(script: HTMLScriptElement): void {
    this.#early = script.dataset['early'] ?? '';
    this.#tag = script;
    script.addEventListener('error', () => this.fail('could not be loaded'));
    script.addEventListener('load', () => {
      if (this.#state === 'waiting') this.fail('did not start');
    });
  }
}
