import type { Contexts } from '../contexts.js';
import type { HotPorts } from '../ports.js';

const SCROLL_KEY = 'modcast scroll';

/** The full reload of the page. Only the first one counts: the others are lost with the page. */
export class Reload {
  readonly #contexts: Contexts | null;
  readonly #ports: Pick<HotPorts, 'connection' | 'channelClient'>;
  #state: 'running' | 'reloading' = 'running';

  constructor(contexts: Contexts | null, ports: Pick<HotPorts, 'connection' | 'channelClient'>) {
    this.#contexts = contexts;
    this.#ports = ports;
  }

  /** @param reason which modules or files changed, and why an update is not enough */
  start(reason: string): void {
    if (this.#state === 'reloading') return;
    this.#state = 'reloading';
    console.info(`modcast: full reload: ${reason}`);
    this.#contexts?.emit('beforeFullReload', { type: 'full-reload', path: location.pathname });
    const { connection, channelClient } = this.#ports;
    if (connection.state === 'open') return reloadPage();
    // Without a server the browser would show an error page and stay there.
    console.info('modcast: the full reload waits until the server is back');
    channelClient.on('head', reloadPage);
  }

  /** Resolves if the page stays. */
  async stays(): Promise<void> {
    if (this.#state === 'reloading') await new Promise(() => {});
  }
}

function reloadPage(): void {
  try {
    sessionStorage.setItem(SCROLL_KEY, JSON.stringify([location.href, scrollX, scrollY]));
  } catch {
    // Without storage the browser restores the position as it can.
  }
  location.reload();
}

/**
 * Restores the scroll position after a full reload. Modules draw later than the browser restores it, when the
 * position is still outside the page.
 */
export function restoreScroll(): void {
  try {
    const stored = sessionStorage.getItem(SCROLL_KEY);
    sessionStorage.removeItem(SCROLL_KEY);
    const [href, x, y] = JSON.parse(stored ?? '[]') as [string?, number?, number?];
    if (href === location.href && x !== undefined && y !== undefined)
      scrollTo({ left: x, top: y, behavior: 'instant' });
  } catch {
    // Nothing is stored, or another script uses the key.
  }
}
