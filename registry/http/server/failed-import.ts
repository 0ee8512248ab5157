import { manifestOfUrl } from '../../../importmap/index.js';
import type { Clock } from '../../clock.js';

/** Milliseconds in which the module's other imports arrive, from the browser's cache or over the network. */
const LATE_MS = 500;

/** What the request for an import of a worker has as its destination. */
const DESTINATIONS: readonly (string | null)[] = ['worker', 'sharedworker', 'script'];

/** Media types that such an import runs. */
const RUNS = /^(?:(?:text|application)\/(?:x-)?(?:java|ecma)script|application\/wasm)\b/i;

/** An answer that such an import fails with. A redirect or a 304 leads to another one. */
const fails = ({ status, headers }: Response): boolean =>
  status >= 400 || (status < 300 && !RUNS.test(headers.get('Content-Type') ?? ''));

/**
 * Resolves when an answer may be sent: later, if it makes an import fail in a module of a worker in Firefox.
 * There, a worker of which one import fails while another is on its way never starts, and the page gets no
 * `error` event. Each module of a deploy's worker has an import that the author has not written.
 *
 * @param response null where the file does not exist
 */
export async function untilImportMayFail(
  { headers }: Request,
  response: Response | null,
  clock: Clock,
): Promise<void> {
  if (!/\bFirefox\//.test(headers.get('User-Agent') ?? '')) return;
  if (manifestOfUrl(headers.get('Referer') ?? '') === undefined) return;
  const destination = headers.get('Sec-Fetch-Dest');
  // Insecure origins send none, not even with what a worker fetches: then only a missing file waits.
  if (destination === null ? response !== null : !DESTINATIONS.includes(destination)) return;
  if (response !== null && !fails(response)) return;
  await new Promise<void>((resolve) => void clock.after(LATE_MS, resolve));
}
