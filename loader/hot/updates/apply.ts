import type { Manifest } from '../../../schema/manifest.js';
import { PACKAGES_MAP } from '../../../schema/package-path.js';
import type { Release } from '../../transport/channel-client.js';
import { createDebug } from '../../debug.js';
import type { Instances } from '../modules/instances.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { PagePorts } from '../ports.js';
import type { PageWorkers, Unaccepted } from '../workers/page-workers.js';
import type { Verdict } from '../workers/worker-messages.js';
import { changedPaths, hasLoaded, newPage, pagePath } from './changes.js';
import type { ModuleUpdate } from './module-update.js';
import type { Cause } from './reload-history.js';
import type { GuardedReload } from './guarded-reload.js';
import type { Starts } from './starts.js';
import type { StylesheetUpdate } from './stylesheets/stylesheet-update.js';

export interface ApplyOptions {
  readonly ports: Pick<PagePorts, 'config' | 'pageDeploy' | 'announce' | 'moved'>;
  readonly records: ModuleRecords;
  readonly instances: Pick<Instances, 'evict'>;
  readonly starts: Pick<Starts, 'take' | 'leaveToPage'>;
  readonly stylesheets: StylesheetUpdate;
  readonly moduleUpdate: Pick<ModuleUpdate, 'run'>;
  readonly workers: Pick<PageWorkers, 'ask' | 'tell'>;
  readonly guardedReload: Pick<GuardedReload, 'start'>;
  /**
   * Fetches the links of running modules that came over HTTP without them. False when the server does not
   * send them.
   */
  readonly fetchLinks: () => Promise<boolean>;
  /** False when the page stays as it is. The cause defaults to the deploy. */
  readonly reload: (reason: string, cause?: Cause) => boolean;
}

const debug = createDebug('hot');

/** Applies deploys to the running page: its HTML, style sheets, other files, and modules. */
export class Apply {
  readonly #options: ApplyOptions;
  #release: Release;
  /** What the page consists of, apart from modules. */
  #known: Manifest;
  /** When the page's workers began to be watched. */
  readonly #watchedSince = performance.now();
  /** Whether the page has taken in what changed between its HTML and its start. */
  #hasCaughtUp = false;

  constructor(options: ApplyOptions) {
    this.#options = options;
    this.#release = options.ports.pageDeploy.release;
    this.#known = this.#release.manifest;
  }

  /** The deploy that was applied last. */
  get release(): Release {
    return this.#release;
  }

  /** Before the first deploy. @param served the manifest of the site when the page was loaded */
  begin(served: Manifest): void {
    this.#known = served;
  }

  async run(release: Release): Promise<void> {
    const { records, workers } = this.#options;
    const before = this.#known;
    const changed = changedPaths(before, release.manifest);
    debug(`deploy ${release.deploy}`, { changed });
    this.#release = release;
    this.#known = release.manifest;
    records.setManifest(release.manifest);
    const unaccepted = await workers.ask(release);
    let verdict: Verdict = 'wait';
    try {
      verdict = await this.#apply(before, changed, unaccepted);
    } finally {
      workers.tell(release, verdict);
    }
  }

  async #apply(
    before: Manifest,
    changed: readonly string[],
    unaccepted: readonly Unaccepted[],
  ): Promise<Verdict> {
    const { ports, instances, stylesheets, starts, moduleUpdate, fetchLinks, ...rest } = this.#options;
    const { reload, guardedReload } = rest;
    const release = this.#release;
    const workers = unaccepted.map(({ worker }) => worker);
    // A worker that the application starts again is to run it.
    ports.moved(release);
    if (changed.length > 0 && !ports.announce(release.deploy, changed, workers)) return this.#leaveToPage();
    if (changed.length > 0 && !(await fetchLinks())) {
      reload(`${changed.join(', ')} changed, and the server does not send what the modules import`);
      return 'wait';
    }
    const sheets = stylesheets.linked(changed, before, this.#known);
    const asks =
      this.#asksForReload(changed, before, (path) => sheets.has(path)) ?? (await stylesheets.run(sheets));
    if (asks !== null && reload(asks.reason, this.#causeOf(asks.path))) return 'wait';
    this.#hasCaughtUp = true;
    const [first] = unaccepted;
    if (first !== undefined && (await guardedReload.start([], first.reason))) return 'wait';
    if (!(await moduleUpdate.run(await starts.take(), []))) return 'wait';
    instances.evict();
    return 'apply';
  }

  /** The application has prevented the update. */
  #leaveToPage(): Verdict {
    debug('the page prevented the update');
    this.#options.starts.leaveToPage();
    return 'leave';
  }

  /** Why no update of modules and style sheets is enough, and the file that is to blame. */
  #asksForReload(
    changed: readonly string[],
    before: Manifest,
    isStylesheet: (path: string) => boolean,
  ): { readonly reason: string; readonly path: string } | null {
    const { config } = this.#options.ports;
    const other = newPage(config, before, this.#known);
    if (other !== undefined) return { reason: `${other} is new, and the page of this URL`, path: other };
    // A rule of an import map can never be replaced.
    if (changed.includes(PACKAGES_MAP))
      return { reason: 'the packages of the site changed', path: PACKAGES_MAP };
    const page = pagePath(config);
    if (page !== undefined && changed.includes(page) && this.#isOtherPage(page))
      return { reason: `${page} changed`, path: page };
    const path = changed.find((one) => this.#isUsedOtherwise(one, isStylesheet(one)));
    if (path === undefined) return null;
    return { reason: `${path} changed, and the page loads it without importing it`, path };
  }

  /** The first deploy brings what has changed since the page was served, which may be an old copy. */
  #causeOf(path: string): Cause {
    return { key: `${path} ${this.#known.modules.get(path)?.hash ?? ''}`, isNew: this.#hasCaughtUp };
  }

  /** The page's HTML may be newer than the manifest was when it was loaded. */
  #isOtherPage(page: string): boolean {
    const { hot } = this.#options.ports.config;
    const hash = this.#known.modules.get(page)?.hash;
    return hash !== undefined && hot?.page !== hash;
  }

  /**
   * Whether the page loaded a file by other means than an import, or than a link to a style sheet: a classic
   * script, a worker, a `fetch`.
   */
  #isUsedOtherwise(path: string, isStylesheet: boolean): boolean {
    const { records, ports } = this.#options;
    const module = this.#known.modules.get(path);
    if (module === undefined || module.type === 'text/html') return false;
    if (records.runsFile(path) || records.wasTried(path)) return false;
    const { root, prefix } = ports.config;
    return hasLoaded(root, path, { prefix, byScript: isStylesheet, watchedSince: this.#watchedSince });
  }
}
