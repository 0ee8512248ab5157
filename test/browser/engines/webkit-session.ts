import type { Key } from './engine.js';

/** WebDriver's code points of keys without a character. */
const KEYS: { readonly [Name in Key]?: string } = { Escape: '\uE00C', Tab: '\uE004', Enter: '\uE007' };

/** A session of WebKitWebDriver: windows, and what a user does in them. */
export class WebDriverSession {
  readonly #url: string;
  /** The driver knows one current window. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(url: string) {
    this.#url = url;
  }

  /**
   * Waits until the driver listens at a port, and starts its browser.
   *
   * @throws the reason why `signal` is aborted
   */
  static async open(port: number, signal: AbortSignal): Promise<WebDriverSession> {
    const url = `http://127.0.0.1:${port}/session`;
    // It gives no sign of when it listens.
    while (
      !(await fetch(`http://127.0.0.1:${port}/status`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      signal.throwIfAborted();
    }
    const { sessionId } = await request<{ sessionId: string }>(url, 'POST', {
      capabilities: { alwaysMatch: { pageLoadStrategy: 'none' } },
    });
    return new WebDriverSession(`${url}/${sessionId}`);
  }

  /** The handle of the window that is there from the beginning. */
  window(): Promise<string> {
    return request(`${this.#url}/window`, 'GET');
  }

  /** @param opener the handle of a window that is open */
  async newWindow(opener: string): Promise<string> {
    const { handle } = await this.#in(opener, () =>
      request<{ handle: string }>(`${this.#url}/window/new`, 'POST', { type: 'window' }),
    );
    return handle;
  }

  closeWindow(handle: string): Promise<void> {
    return this.#in(handle, () => request(`${this.#url}/window`, 'DELETE'));
  }

  press(handle: string, key: Key): Promise<void> {
    const value = KEYS[key] ?? key;
    return this.#act(handle, {
      type: 'key',
      id: 'keyboard',
      actions: [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ],
    });
  }

  click(handle: string, x: number, y: number): Promise<void> {
    return this.#act(handle, {
      type: 'pointer',
      id: 'mouse',
      actions: [
        { type: 'pointerMove', x, y },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ],
    });
  }

  close(): Promise<void> {
    return request(this.#url, 'DELETE');
  }

  #act(handle: string, device: object): Promise<void> {
    return this.#in(handle, () => request(`${this.#url}/actions`, 'POST', { actions: [device] }));
  }

  #in<T>(handle: string, work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      await request(`${this.#url}/window`, 'POST', { handle });
      return work();
    });
    this.#last = done.catch(() => {});
    return done;
  }
}

/** @throws Error with what the driver says */
async function request<T>(url: string, method: string, body?: object): Promise<T> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: T };
  if (response.ok) return value;
  const { error, message } = value as { error: string; message: string };
  throw new Error(`WebKitWebDriver answers ${method} ${new URL(url).pathname}: ${error}: ${message}`);
}
