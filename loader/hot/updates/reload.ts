import type { Contexts } from '../contexts.js';
import type { HotPorts } from '../ports.js';

const KEY = 'modcast scroll';

/** The loading again of a page: once, for what follows the first is lost with it. */
export class Reload {
  readonly #contexts: Contexts | null;
  readonly #ports: HotPorts;
  #state: 'running' | 'reloading' = 'running';

  constructor(contexts: Contexts | null, ports: HotPorts) {
    this.#contexts = contexts;
    this.#ports = ports;
  }

  start(reason: string): void {
    if (this.#state === 'reloading') return;
    this.#state = 'reloading';
    console.info(`modcast: loading the page again: ${reason}`);
    this.#contexts?.emit('beforeFullReload', { type: 'full-reload', path: location.pathname });
    const { connection, channelClient } = this.#ports;
    if (connection.state === 'open') return reloadPage();
    // A server that is gone has nothing to load: the browser would show an error, and stay there.
    console.info('modcast: that waits until the server is there again');
    channelClient.on('head', reloadPage);
  }

  /** Resolves if the page stays. */
  async stays(): Promise<void> {
    if (this.#state === 'reloading') await new Promise(() => {});
  }
}

/** Loads the page again where it is. */
function reloadPage(): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([location.href, scrollX, scrollY]));
  } catch {
    // Without storage the browser's own memory of the position has to do.
  }
  location.reload();
}

/** After a reload of ours: modules draw later than the browser restores the position, which then lies outside the page. */
export function restoreScroll(): void {
  try {
    const kept = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    const [href, x, y] = JSON.parse(kept ?? '[]') as [string?, number?, number?];
    if (href === location.href && x !== undefined && y !== undefined)
      scrollTo({ left: x, top: y, behavior: 'instant' });
  } catch {
    // Nothing was kept, or it is somebody else's.
  }
}
