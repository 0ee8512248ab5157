import type { LoaderConfig } from '../config.js';
import { permitConnection, shownPolicies } from './policy.js';

/** Whether a service worker sees the page's requests. */
const hasServiceWorker = (): boolean => Boolean(globalThis.navigator?.serviceWorker?.controller);

/**
 * Reads the policies in the headers of the page's response, also those that only report. A browser does not
 * say what a policy permits, and would report an attempt as a violation.
 *
 * @param url the page's
 * @returns undefined when no answer comes before `late` resolves, or a service worker would see the request
 */
export function readPolicies(url: string, late: Promise<void>): Promise<string[] | undefined> {
  // A service worker may store the answer, which has no body, in place of the page.
  if (hasServiceWorker()) return Promise.resolve(undefined);
  const names = ['Content-Security-Policy', 'Content-Security-Policy-Report-Only'];
  // Without a request where the browser's cache may answer. `Modcast-Page`: the console would list a 404.
  const headers = { accept: 'text/html', 'modcast-page': '' };
  const options: RequestInit = { method: 'HEAD', cache: 'force-cache', headers };
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return Promise.race([fetch(url, options), late]).then(
    (response) =>
      // The page may be that of a 404, from another server.
      response && (response.ok || response.status === page?.responseStatus)
        ? names.flatMap((name) => response.headers.get(name)?.split(',') ?? [])
        : undefined,
    () => undefined,
  );
}

const KEY = 'modcast policies';

/** Pages whose policies are remembered: the ones that were visited last. */
const PAGES = 16;

function rememberedPages(): Record<string, unknown> {
  try {
    return (JSON.parse(localStorage.getItem(KEY)!) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

/**
 * The policies that a page had when it was visited last; undefined when they are not known.
 *
 * @param page names the page and its deploy
 */
function rememberedPolicies(page: string): string[] | undefined {
  const policies = rememberedPages()[page];
  return Array.isArray(policies) ? policies.map(String) : undefined;
}

function rememberPolicies(page: string, policies: Iterable<string>): void {
  const { [page]: _, ...others } = rememberedPages();
  const pages = [...Object.entries(others), [page, [...policies]]].slice(-PAGES);
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(pages)));
  } catch {
    // The next visit asks again.
  }
}

export interface KnownPoliciesOptions {
  readonly config: Pick<LoaderConfig, 'boot' | 'deploy' | 'socket'>;
  /** The page's. */
  readonly url: string;
  /** Resolves when the page no longer waits for an answer. */
  readonly late: Promise<void>;
  /** Resolves when the page's modules have run. */
  readonly ready: Promise<unknown>;
}

/** What is known of the policies in the page's headers: from the last visit, by a request, by violations. */
export class KnownPolicies {
  readonly #remembered: string[] | undefined;
  readonly #options: KnownPoliciesOptions;
  readonly #page: string;

  constructor(options: KnownPoliciesOptions) {
    const { config, url } = options;
    this.#options = options;
    this.#page = `${config.deploy?.manifest} ${new URL(url).pathname}`;
    this.#remembered = rememberedPolicies(this.#page);
    addEventListener('securitypolicyviolation', ({ originalPolicy }) => shownPolicies.add(originalPolicy));
  }

  /** Whether they permit the loader's connection. Once it has been tried, a violation may have shown that. */
  get permitConnection(): boolean {
    const known = [...(this.#remembered ?? []), ...shownPolicies];
    return permitConnection(known, this.#options.config.socket ? 'ws' : 'http');
  }

  /**
   * The policies; undefined when they are unknown. Asks for them where it may. A boot from the cache does not
   * wait for the answer if it knows those of the last visit.
   */
  async read(): Promise<string[] | undefined> {
    const { config, url, late, ready } = this.#options;
    const remembered = this.#remembered;
    const asked = this.permitConnection ? readPolicies(url, late) : Promise.resolve(undefined);
    void Promise.all([asked, ready]).then(([answer = remembered]) => {
      if (answer !== undefined || shownPolicies.size > 0)
        rememberPolicies(this.#page, new Set([...(answer ?? []), ...shownPolicies]));
    });
    return config.boot === 'cached' && remembered !== undefined ? remembered : ((await asked) ?? remembered);
  }
}
