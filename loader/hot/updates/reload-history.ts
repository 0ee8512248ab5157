const KEY = 'modcast reloads';

/** Reloads that are remembered. */
const REMEMBERED = 20;

/** So many reloads in so many milliseconds are more than a person saves. */
const BURST = 8;
const BURST_MS = 10_000;

/** The wait after a burst, and after that for reloads that follow each other within `AGAIN_MS`. */
const WAIT_MS = 5_000;
const AGAIN_MS = 5_000;

/**
 * A wait doubles up to the longest if one of the last reloads had the same reason: a page that causes its
 * own reloads changes the same few files. A program that edits one file after the other waits no longer each
 * time.
 */
const LAST = 3;
const LONGEST_WAIT_MS = 60_000;

/** Characters of a reason that are remembered. It may list all files of a large change. */
const REASON_LENGTH = 200;
const shortened = (reason: string): string => reason.slice(0, REASON_LENGTH);

/** Without storage: how recent a reload must be for an outdated page to gain nothing by another. */
const MOMENT_MS = 5_000;

/** Which version of which files asks for a reload. */
export interface Cause {
  readonly key: string;
  /** Whether the files have changed since the page was loaded: then a reload is not in vain. */
  readonly isNew: boolean;
}

interface Attempt {
  /** The key of the cause. Null when it is none of the files. */
  readonly cause: string | null;
  /** The start of the reason. */
  readonly reason: string;
  /** The URL path of the page that was reloaded, and when its HTML was served. */
  readonly page: string;
  readonly served: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Milliseconds that the reload was held up. */
  readonly wait: number;
}

export interface ReloadHistoryOptions {
  /** Kept over reloads, for this tab only. Null when the browser gives no storage. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null;
  /** Tells frames of a tab apart. */
  readonly frame: string;
  /** The URL path of the page. */
  readonly page: string;
  /** `data-hot-served`. */
  readonly served: number;
  readonly now: () => number;
  /** Milliseconds since this page was loaded by a reload; Infinity when it was not. */
  readonly sinceReload: () => number;
}

/** What a page may do about a cause: reload now, after some milliseconds, or not at all. */
export type Verdict = { readonly kind: 'reload'; readonly wait: number } | { readonly kind: 'stop' };

/** The full reloads of this frame, so that none is made for a cause that a reload does not remove. */
export class ReloadHistory {
  readonly #options: ReloadHistoryOptions;
  readonly #key: string;

  constructor(options: ReloadHistoryOptions) {
    this.#options = options;
    this.#key = `${KEY} ${options.frame}`;
  }

  judge(reason: string, cause: Cause | null): Verdict {
    const attempts = this.#read();
    const isOld = cause !== null && !cause.isNew;
    if (attempts === null) {
      const isInVain = isOld && this.#options.sinceReload() < MOMENT_MS;
      return isInVain ? { kind: 'stop' } : { kind: 'reload', wait: 0 };
    }
    if (isOld && attempts.some((attempt) => this.#wasFor(attempt, cause.key))) return { kind: 'stop' };
    return { kind: 'reload', wait: this.#wait(attempts, reason) };
  }

  record(reason: string, cause: Cause | null, wait: number): void {
    const { storage, page, served, now } = this.#options;
    const attempt: Attempt = {
      cause: cause?.key ?? null,
      reason: shortened(reason),
      page,
      served,
      time: now(),
      wait,
    };
    const attempts = [...(this.#read() ?? []), attempt].slice(-REMEMBERED);
    try {
      storage?.setItem(this.#key, JSON.stringify(attempts));
    } catch {
      // The storage is full.
    }
  }

  /** Another page may be outdated for the same cause, and was not reloaded yet. */
  #wasFor(attempt: Attempt, key: string): boolean {
    const { page, served } = this.#options;
    return attempt.cause === key && (attempt.page === page || attempt.served === served);
  }

  #wait(attempts: readonly Attempt[], reason: string): number {
    const now = this.#options.now();
    const isWithin = (attempt: Attempt | undefined, ms: number) =>
      attempt !== undefined && Math.abs(now - attempt.time) < ms;
    const last = attempts.at(-1);
    if (last !== undefined && last.wait > 0 && isWithin(last, AGAIN_MS)) {
      const isAgain = attempts.slice(-LAST).some((attempt) => attempt.reason === shortened(reason));
      return isAgain ? Math.min(2 * last.wait, LONGEST_WAIT_MS) : WAIT_MS;
    }
    return isWithin(attempts.at(-BURST), BURST_MS) ? WAIT_MS : 0;
  }

  #read(): Attempt[] | null {
    const { storage } = this.#options;
    if (storage === null) return null;
    try {
      const attempts: unknown = JSON.parse(storage.getItem(this.#key) ?? '[]');
      return Array.isArray(attempts) ? (attempts as Attempt[]) : [];
    } catch {
      // Another script uses the key.
      return [];
    }
  }
}

/** The history of this page's frame. @param served `data-hot-served` */
export function reloadHistory(served: number): ReloadHistory {
  return new ReloadHistory({
    storage: sessionStorageOrNull(),
    frame: framePath(),
    page: location.pathname,
    served,
    now: () => Date.now(),
    sinceReload() {
      const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      return navigation?.type === 'reload' ? performance.now() : Infinity;
    },
  });
}

function sessionStorageOrNull(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    // The user or a sandbox forbids it.
    return null;
  }
}

/** The indexes of this frame and of those around it. Frames of a tab may share one storage. */
function framePath(): string {
  const indexes: number[] = [];
  for (let frame: Window = globalThis.window; frame !== frame?.parent; frame = frame.parent) {
    let index = 0;
    while (index < frame.parent.length && frame.parent[index] !== frame) index++;
    indexes.unshift(index);
  }
  return indexes.join('.');
}
