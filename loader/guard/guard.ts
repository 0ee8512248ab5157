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
import { settleImportMaps } from '../page/import-map-elements.js';
import { allInserted } from '../page/insert-again.js';
import { pageBase } from '../page/native-document.js';
import { withNatives } from '../page/natives.js';
import { PageEvents } from '../page/page-events.js';
import { settlePreloads } from '../page/preloads.js';
import { natively } from '../page/run-natively.js';
import { runHeldScripts, type RunOptions } from '../page/run-scripts.js';
import { StylesheetGate } from '../page/stylesheet-gate.js';

declare global {
  /** The guard of a page, until the loader takes over. Null where the browser cannot run modcast. */
  var __modcast_guard__: Guard | null | undefined;
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
  /** What the loader uses of the browser, as it was before the scripts of the page. */
  readonly kept?: readonly unknown[];
}

export interface GuardRun extends Pick<RunOptions, 'prepare' | 'signal' | 'setText'> {
  /** Called when the page is parsed and no style sheet blocks scripts. */
  readonly starts: () => void;
  /** Whether the browser is to read an import map of the page. */
  readonly readsMap: (element: ScriptElement) => boolean;
  /** Whether a module that the page preloads is here. */
  readonly isHere: (url: string) => boolean;
  /** Called when all but the `async` scripts have run or failed. @param ms when, since the navigation */
  readonly done: (ms: number) => void;
  /** Called when these have too, and the page has got its `load` event if the browser's is over. */
  readonly loaded?: () => void;
}

const nothing = () => {};

/** Calls `work`, or `otherwise` where that fails: the page may have replaced globals that the loader uses. */
const safe =
  <A, B, R>(work: (a: A, b: B) => R, otherwise: (a: A, b: B) => R) =>
  (a: A, b: B): R => {
    try {
      return work(a, b);
    } catch (error) {
      setTimeout(() => console.warn(`modcast: a script runs natively: ${error as string}`));
      return otherwise(a, b);
    }
  };

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
  /** For the loader. The build makes it read this first. */
  readonly kept: GuardOptions['kept'];
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
  /** Called when the page has run without the loader, which was too slow. Set by the loader. */
  ranWithout: GuardRun['done'] = nothing;
  #tag: HTMLScriptElement | undefined;
  #ticks = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.kept = options.kept;
    this.#observer = new MutationObserver((records) =>
      withNatives(() => {
        this.#readText();
        for (const { addedNodes } of records) for (const node of addedNodes) this.#added(node);
      }),
    );
    this.#observer.observe(document, { childList: true, subtree: true });
    whenParsed(() =>
      withNatives(() => {
        this.#readText();
        this.#observer.disconnect();
      }),
    );
    const limit = Math.max(LIMIT_MS, options.timeout);
    this.#timer = setInterval(() => {
      if (++this.#ticks * TICK_MS >= limit) this.fail('did not respond in time');
    }, TICK_MS);
    // Last, so that nothing fails after it: it stops the page's events.
    if (options.holds) this.#events = new PageEvents();
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

  /** Whether the page runs, through the loader or natively. */
  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** A sign of life. */
  signal(): void {
    this.#ticks = 0;
  }

  /** Runs the page's scripts, once. @returns false when they run already */
  run({ starts, readsMap, isHere, prepare, signal, setText, done, loaded }: GuardRun): boolean {
    if (this.#state === 'running') return false;
    this.#state = 'running';
    clearInterval(this.#timer);
    const events = this.#events;
    const options: RunOptions = {
      nonce: this.#options.nonce,
      errors: this.errors,
      prepare: safe(prepare, natively.prepare),
      signal: safe(signal, natively.signal),
      setText,
      done() {
        const ms = withNatives(() => performance.now());
        events?.ran();
        done(ms);
      },
      // Natively the page's `load` event is in a task of its own.
      loaded: () =>
        setTimeout(() => {
          events?.release();
          loaded?.();
        }),
    };
    const start = async () => {
      withNatives(() => {
        starts();
        settleImportMaps(readsMap);
      });
      await allInserted();
      settlePreloads(isHere);
      runHeldScripts(
        withNatives(() => readHeldPage(this.held)),
        options,
      );
    };
    whenParsed(() => this.#stylesheetGate.whenSettled(() => void start()));
    return true;
  }

  /** Runs the page natively, unless it runs already. */
  fail(reason: string): void {
    const tag = this.#tag;
    // The page should find only the scripts that its author wrote.
    withNatives(() => tag?.remove());
    const ran = this.run({
      ...natively,
      starts: nothing,
      readsMap: () => true,
      isHere: () => false,
      done: (ms) => this.ranWithout(ms),
      loaded: () => this.#events?.finish(),
    });
    if (!ran) return;
    const { loader } = this.#options;
    const message = `the loader ${reason} (${loader}). This page runs without modcast.`;
    console.warn(`modcast: ${message}`);
    // A host of plain files has nobody to tell.
    withNatives(() => tag?.dataset['socket'] === 'off' || this.#report(message));
  }

  #report(message: string): void {
    const report = { type: 'failed', deploy: null, stage: 'loader', message };
    const init = { method: 'POST', body: JSON.stringify(report), keepalive: true };
    // A beacon has no `Origin` where the page's policy sends no referrers.
    fetch(new URL('failed', this.#options.loader), init).catch(nothing);
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
      this.seen.set(node, pageBase());
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
