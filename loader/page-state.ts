import type { BootInfo } from './api.js';
import { deferred } from './deferred.js';
import type { Hot } from './hot/ports.js';
import type { PageDeploy } from './linking/page-deploy.js';
import type { Release } from './transport/channel-client.js';

/** What the page's modules run in. */
export interface Running {
  /** Null for a page that runs natively. */
  readonly pageDeploy: PageDeploy | null;
  /** Undefined where the server does not watch, or the script of hot reload did not load. */
  readonly hot: Hot | undefined;
}

/** What the page runs: undecided, then settled, then booted. */
export class PageState {
  readonly #settled = deferred<Running>();
  readonly #ready = deferred<BootInfo>();
  #hot: Hot | undefined;
  #release: Release | null = null;
  #pageDeploy: PageDeploy | null = null;
  #boot: BootInfo | null = null;
  #isNative = false;

  /** Resolves just before the page's modules run, so that they can import by path. */
  get settled(): Promise<Running> {
    return this.#settled.promise;
  }

  /** Resolves when the page's modules have run. */
  get ready(): Promise<BootInfo> {
    return this.#ready.promise;
  }

  get pageDeploy(): PageDeploy | null {
    return this.#pageDeploy;
  }

  /** Whether it is settled that the page runs natively. */
  get isNative(): boolean {
    return this.#isNative;
  }

  get hot(): Hot | undefined {
    return this.#hot;
  }

  /** Null while the page boots. */
  get boot(): BootInfo | null {
    return this.#boot;
  }

  /** The release that the page runs; null before that is settled, and for a page that runs natively. */
  get release(): Release | null {
    return this.#release;
  }

  /** Its number. */
  get deploy(): number | null {
    return this.#release?.deploy ?? null;
  }

  settle(running: Running): void {
    this.#pageDeploy = running.pageDeploy;
    this.#isNative = running.pageDeploy === null;
    this.#hot = running.hot;
    this.#release = running.pageDeploy?.release ?? null;
    this.#settled.resolve(running);
  }

  /** Hot reload has brought the page to this release. */
  move(release: Release): void {
    this.#release = release;
  }

  booted(boot: BootInfo): void {
    this.#boot = boot;
    this.#ready.resolve(boot);
  }
}
