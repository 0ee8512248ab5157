export interface AtRestPorts {
  /** URLs that the page has requested. */
  readonly byPage: () => readonly string[];
  /** Those that its workers have requested, from all that answer in time. */
  readonly byWorkers: () => Promise<readonly string[]>;
  /** Whether a URL that the page has requested is that of a worker. */
  readonly isWorker: (url: string) => boolean;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Milliseconds after which a page that goes on requesting files is not waited for. */
const LIMIT_MS = 3000;

/**
 * Resolves when a page and its workers request nothing new. A service worker that starts before slows down
 * what they request from then on.
 */
export async function atRest({ byPage, byWorkers, isWorker, now }: AtRestPorts): Promise<void> {
  const end = now() + LIMIT_MS;
  for (let before = byPage().length; now() < end;) {
    const workers = await byWorkers();
    const page = byPage();
    const count = page.length + workers.length;
    // A worker says nothing while it loads its modules.
    if (count === before && (workers.length > 0 || !page.some(isWorker))) return;
    before = count;
  }
}
