import { deferred } from '../../deferred.js';
import type { Release } from '../../transport/channel-client.js';
import type { Contexts } from '../contexts.js';
import type { Problems } from '../errors/problems.js';
import type { HotPorts } from '../ports.js';
import { reloadHistory, type Cause, type ReloadHistory } from './reload-history.js';

const SCROLL_KEY = 'modcast scroll';

/**
 * How long a page that asks before it is left may take to leave, in milliseconds. Timers stand still while
 * the browser shows the question.
 */
const LEAVE_MS = 3000;

export interface ReloadOptions {
  readonly contexts: Pick<Contexts, 'emit'> | null;
  readonly ports: Pick<HotPorts, 'connection' | 'channelClient' | 'after'>;
  readonly history: ReloadHistory;
  /** Shows a problem until the page is loaded again. */
  readonly show: (message: string) => void;
}

/** The full reload of the page, unless a reload does not help. */
export class Reload {
  readonly #options: ReloadOptions;
  /** Several files may be to blame. One reason is enough. */
  #hasWarned = false;
  #state: 'running' | 'waiting' | 'reloading' = 'running';
  #stayed = deferred<void>();

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /**
   * Only the first reload counts: the others are lost with the page.
   *
   * @param reason which modules or files changed, and why an update is not enough
   * @param cause null when it is none of the files. A page that had the same cause before is not reloaded
   * @returns false when the page stays as it is
   */
  start(reason: string, cause: Cause | null): boolean {
    if (this.#state !== 'running') return true;
    const { history, ports } = this.#options;
    const verdict = history.judge(reason, cause);
    if (verdict.kind === 'stop') {
      this.#warn(`stopped reloading: ${reason}, and a reload did not bring the new version. ${advice()}`);
      return false;
    }
    const { wait } = verdict;
    if (wait === 0) {
      this.#reload(reason, cause, wait);
      return true;
    }
    this.#state = 'waiting';
    this.#warn(
      `the next reload waits ${wait / 1000} s, because the page reloads again and again: ${reason}. Something ` +
        'may write this file whenever the page loads: exclude it, or reload by hand.',
    );
    ports.after(wait, () => this.#reload(reason, cause, wait));
    return true;
  }

  /** Resolves if the page stays. */
  async stays(): Promise<void> {
    while (this.#state !== 'running') await this.#stayed.promise;
  }

  #reload(reason: string, cause: Cause | null, wait: number): void {
    const { contexts, history, ports } = this.#options;
    this.#state = 'reloading';
    console.info(`modcast: full reload: ${reason}`);
    contexts?.emit('beforeFullReload', { type: 'full-reload', path: location.pathname });
    history.record(reason, cause, wait);
    const { connection, channelClient } = ports;
    if (connection.state === 'open') return this.#leave();
    // Without a server the browser would show an error page and stay there.
    console.info('modcast: the full reload waits until the server is back');
    const stop = channelClient.on('head', () => {
      stop();
      this.#leave();
    });
  }

  /** The page may ask the user to stay. Then the next change reloads it. */
  #leave(): void {
    const asks = (event: BeforeUnloadEvent) => {
      // The browser tells by the deprecated property too.
      // oxlint-disable-next-line typescript/no-deprecated
      if (!event.defaultPrevented && !event.returnValue) return;
      this.#options.ports.after(LEAVE_MS, () => {
        removeEventListener('beforeunload', asks);
        console.info('modcast: the page asked to stay (beforeunload), and runs its old version');
        this.#state = 'running';
        this.#stayed.resolve();
        this.#stayed = deferred();
      });
    };
    addEventListener('beforeunload', asks);
    reloadPage();
  }

  #warn(message: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    console.warn(`modcast: ${message}`);
    this.#options.show(message);
  }
}

/** Connects the parts. @param contexts null for a page that runs natively */
export function createReload(
  contexts: Contexts | null,
  ports: HotPorts,
  problems: Pick<Problems, 'addLasting'>,
): Reload {
  return new Reload({
    contexts,
    ports,
    history: reloadHistory(ports.config.hot?.served ?? 0),
    show: (message) => problems.addLasting({ message, stack: message }),
  });
}

/** A deploy as the cause of a reload. */
export const causeOf = ({ deploy, hash }: Release, isNew: boolean): Cause => ({
  key: `deploy ${deploy} ${hash}`,
  isNew,
});

function advice(): string {
  const again = 'The next save tries again.';
  const worker = navigator.serviceWorker?.controller?.scriptURL;
  return worker === undefined
    ? `A cache or a proxy between browser and server may answer with an old copy: clear or bypass it. ${again}`
    : `The service worker ${worker} may answer with an old copy: unregister it, or let it ask the network first. ${again}`;
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
