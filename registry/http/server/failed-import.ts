import { manifestOfUrl } from '../../../importmap/index.js';
import type { Clock } from '../../clock.js';

/** Milliseconds in which the module's other imports arrive, from the browser's cache or over the network. */
const LATE_MS = 500;

/** What the request for an import of a worker has as its destination. Insecure origins get none. */
const DESTINATIONS: readonly (string | null)[] = ['worker', 'sharedworker', 'script', null];

/**
 * Resolves when the request for a file that does not exist may be answered: later, if a module of a worker in
 * Firefox imports it. There, a worker of which one import fails while another is on its way never starts, and
 * the page gets no `error` event. Each module of a deploy's worker has an import that the author has not
 * written.
 */
export async function untilImportMayFail({ headers }: Request, clock: Clock): Promise<void> {
  if (!/\bFirefox\//.test(headers.get('User-Agent') ?? '')) return;
  if (manifestOfUrl(headers.get('Referer') ?? '') === undefined) return;
  if (!DESTINATIONS.includes(headers.get('Sec-Fetch-Dest'))) return;
  await new Promise<void>((resolve) => void clock.after(LATE_MS, resolve));
}
