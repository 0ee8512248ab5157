/**
 * What the tests need of a browser engine. The contract in engines.test.ts runs with each engine.
 *
 * Functions are sent to a page as source text, so they cannot use variables of the test.
 */
export interface Engine {
  readonly name: EngineName;
  readonly capabilities: Capabilities;
  /** Looks for the programs. @throws Error that says which one is missing and how to install it */
  find(): void;
  /** Starts the browser without a window. The caller closes it. @throws Error like `find` */
  launch(): Promise<OpenBrowser>;
}

export type EngineName = 'Chromium' | 'Firefox' | 'WebKit';

export interface Capabilities {
  /** Whether a page accepts import maps after its first module. */
  readonly mergesImportMaps: boolean;
  /** Whether `import sheet from './a.css' with { type: 'css' }` works. */
  readonly importsStyleSheets: boolean;
}

export interface OpenBrowser {
  /** A context shares storage and cache among its pages, and with no other context. */
  newContext(): Promise<BrowserContext>;
  /** Opens a page in a new context, and closes that with the page. */
  newPage(): Promise<BrowserPage>;
  close(): Promise<void>;
}

export interface BrowserContext {
  newPage(): Promise<BrowserPage>;
  /** Closes its pages too, and deletes its storage. */
  close(): Promise<void>;
}

type Falsy = false | null | undefined | 0 | '';

export interface BrowserPage {
  /** Milliseconds that `goto`, `until` and `line` wait. Long by default, because the machine may be busy. */
  timeout: number;
  /** Resolves when the document has been parsed (module scripts included), or with `load`, at its load event. */
  goto(url: string, until?: 'domcontentloaded' | 'load'): Promise<void>;
  /** The argument and the result are JSON values; `undefined` is allowed for both. */
  evaluate<R>(run: () => R | Promise<R>): Promise<R>;
  evaluate<R, A>(run: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
  /** Waits until the condition returns a truthy value, across reloads. @returns that value */
  until<R>(condition: () => R): Promise<Exclude<R, Falsy>>;
  until<R, A>(condition: (argument: A) => R, argument: A): Promise<Exclude<R, Falsy>>;
  /** Runs the function before all scripts of the documents that the page and its frames load from now on. */
  addInitScript(run: () => void): Promise<void>;
  press(key: Key): Promise<void>;
  /** Clicks the left button at a position in CSS pixels. */
  click(x: number, y: number): Promise<void>;
  /** What all its documents wrote to the console, in order, uncaught errors included. */
  readonly messages: readonly ConsoleMessage[];
  /** The texts of `messages`. */
  readonly lines: readonly string[];
  /** Waits for a console line that contains `text`. Earlier lines count too. @returns the first such line */
  line(text: string): Promise<string>;
  /**
   * Leaves its site and forgets its messages, for another test. Its history and its session storage stay.
   *
   * @returns false for a page with init scripts, which stay in it
   */
  reset(): Promise<boolean>;
  close(): Promise<void>;
}

export type Key = 'Escape' | 'Tab' | 'Enter' | 'x';

export interface ConsoleMessage {
  /** The method of `console`, `warning` for `warn`; `uncaught` for an error that nothing caught. */
  readonly type: string;
  readonly text: string;
  /** Whether a script called `console`. The browser writes there by itself too, about a missing file for example. */
  readonly byScript: boolean;
}
