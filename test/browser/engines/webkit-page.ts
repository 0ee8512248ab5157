import { ConsoleMessages } from './console-messages.js';
import { toPage, type Driver, type Run } from './driver.js';
import type { BrowserPage, ConsoleMessage } from './engine.js';
import { InspectedPage, InspectorError, type InspectorConnection } from './webkit-inspector.js';
import type { WebDriverSession } from './webkit-session.js';

/** Milliseconds between two looks at a condition. */
const INTERVAL = 20;

interface RemoteObject {
  readonly value?: unknown;
  readonly description?: string;
  readonly objectId?: string;
}

interface InspectorMessage {
  readonly source: string;
  readonly level: string;
  readonly text: string;
  readonly parameters?: readonly RemoteObject[];
}

/** What the page's function returns or throws, in a form that survives its way. */
interface Outcome {
  readonly values?: readonly unknown[];
  readonly error?: string;
}

function toMessage({ source, level, text, parameters }: InspectorMessage): ConsoleMessage {
  const byScript = source === 'console-api';
  const values = parameters?.map(({ value, description }) => `${(value as string) ?? description}`);
  const type = source === 'javascript' && level === 'error' ? 'uncaught' : level;
  return { type, text: values?.join(' ') ?? text, byScript };
}

/** A window of the browser: its content through the inspector, its user through WebDriver. */
class WebKitPage implements Driver {
  readonly console = new ConsoleMessages();
  readonly #page: InspectedPage;
  readonly #session: WebDriverSession;
  readonly #handle: string;
  readonly #initScripts: string[] = [];
  readonly #listeners = new Set<(event: string) => void>();

  constructor(connection: InspectorConnection, number: bigint, session: WebDriverSession, handle: string) {
    this.#session = session;
    this.#handle = handle;
    const prepare = () =>
      Promise.all([
        this.#page.call('Console.enable'),
        this.#page.call('Page.enable'),
        this.#page.call('Runtime.enable'),
        this.#setInitScripts(),
      ]);
    this.#page = new InspectedPage(connection, number, prepare, (method, params) =>
      this.#onEvent(method, params),
    );
  }

  get ready(): Promise<void> {
    return this.#page.ready;
  }

  async goto(url: string, until: 'domcontentloaded' | 'load', timeout: number): Promise<void> {
    const event = until === 'load' ? 'Page.loadEventFired' : 'Page.domContentEventFired';
    const loaded = this.#after(['Page.frameNavigated', event], `load ${url}`, timeout);
    // It resolves at once, and the document may replace it.
    this.#page.call('Page.navigate', { url }).catch(() => {});
    await loaded;
  }

  async evaluate(run: Run, argument: unknown): Promise<unknown> {
    const call = `(${run.toString()})(${argument === undefined ? '' : JSON.stringify(argument)})`;
    // A text is in the first answer: the function may have left the document.
    const expression = `(() => {
      const outcome = (value) => ({ values: value === undefined ? [] : [value] });
      const failure = (error) => ({ error: String(error) });
      try {
        const value = ${call};
        if (typeof value?.then === 'function') return value.then(outcome, failure);
        return JSON.stringify(outcome(value));
      } catch (error) {
        return JSON.stringify(failure(error));
      }
    })()`;
    const { result } = (await this.#page.call('Runtime.evaluate', { expression })) as {
      result: RemoteObject;
    };
    const { values, error } = await this.#outcome(result);
    if (values === undefined) throw new Error(error);
    return values[0];
  }

  async #outcome({ objectId, value, description }: RemoteObject): Promise<Outcome> {
    if (objectId === undefined) {
      return typeof value === 'string' ? (JSON.parse(value) as Outcome) : { error: `${description}` };
    }
    const options = { promiseObjectId: objectId, returnByValue: true };
    const { result } = await this.#page.call('Runtime.awaitPromise', options);
    return (result as RemoteObject).value as Outcome;
  }

  async until(condition: Run, argument: unknown, timeout: number): Promise<unknown> {
    const end = Date.now() + timeout;
    for (;;) {
      const value = await this.evaluate(condition, argument).catch((error: unknown) => {
        // The next document is on its way.
        if (!(error instanceof InspectorError)) throw error;
      });
      if (value) return value;
      if (Date.now() > end) throw new Error(`the condition is not true within ${timeout} ms`);
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
  }

  async addInitScript(run: () => void): Promise<void> {
    this.#initScripts.push(`(${run.toString()})();`);
    await this.#setInitScripts();
  }

  press: Driver['press'] = (key) => this.#session.press(this.#handle, key);

  click: Driver['click'] = (x, y) => this.#session.click(this.#handle, x, y);

  close: Driver['close'] = () => this.#session.closeWindow(this.#handle);

  #setInitScripts(): Promise<unknown> {
    return this.#page.call('Page.setBootstrapScript', { source: this.#initScripts.join('\n') });
  }

  /** Resolves after these events, in this order. */
  #after(events: string[], what: string, timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`${what}: no ${events[0]} within ${timeout} ms${this.console.toString()}`));
      }, timeout);
      const listener = (event: string) => {
        if (event === events[0]) events.shift();
        if (events.length > 0) return;
        stop();
        resolve();
      };
      this.#listeners.add(listener);
    });
  }

  #onEvent(method: string, params: Record<string, unknown>): void {
    if (method === 'Console.messageAdded') {
      this.console.push(toMessage(params['message'] as InspectorMessage));
    } else if (method === 'Console.messageRepeatCountUpdated') {
      this.console.push(this.console.messages.at(-1)!);
    } else if (method === 'Page.frameNavigated') {
      const { parentId } = params['frame'] as { parentId?: string };
      if (parentId !== undefined) return;
      this.#page.abandon('the page has loaded another document');
    }
    for (const listener of this.#listeners) listener(method);
  }
}

/** @param number of the page in its browser */
export async function openWebKitPage(
  connection: InspectorConnection,
  number: bigint,
  session: WebDriverSession,
  handle: string,
): Promise<BrowserPage> {
  const page = new WebKitPage(connection, number, session, handle);
  await page.ready;
  return toPage(page, page.console);
}
