import { EMPTY_MANIFEST, type Manifest } from '../../../schema/manifest.js';
import { deferred } from '../../deferred.js';
import type { Instances } from '../../hot/modules/instances.js';
import type { ModuleRecords } from '../../hot/modules/module-records.js';
import { changedPaths, hasLoaded } from '../../hot/updates/changes.js';
import type { ModuleUpdate } from '../../hot/updates/module-update.js';
import type { Retries } from '../../hot/updates/retries.js';
import type { Starts } from '../../hot/updates/starts.js';
import type { Verdict } from '../../hot/workers/worker-messages.js';
import type { Release } from '../../transport/channel-client.js';
import type { PageLink } from './page-link.js';

export interface WorkerApplyOptions {
  readonly link: Pick<PageLink, 'post'>;
  readonly records: ModuleRecords;
  readonly instances: Pick<Instances, 'evict'>;
  readonly retries: Pick<Retries, 'add' | 'isPending'>;
  readonly starts: Pick<Starts, 'take' | 'leaveToPage'>;
  readonly moduleUpdate: Pick<ModuleUpdate, 'run' | 'decide'>;
  /** Finds out what the worker runs, before its first update. False when the page cannot tell. */
  readonly begin: (first: Release) => Promise<boolean>;
}

/** An update of which the page wants to know what the worker decides. */
interface Asked {
  readonly update: number;
  readonly first: Release;
  readonly verdict: Promise<Verdict>;
}

const NOTHING: Release = { deploy: 0, hash: '' as Release['hash'], manifest: EMPTY_MANIFEST, fusion: null };

/** Applies deploys to a running worker. Each waits for the page's word: all of its workers run one deploy. */
export class WorkerApply {
  readonly #options: WorkerApplyOptions;
  #release = NOTHING;
  #known: Manifest | undefined;
  #asked: Asked | undefined;
  /** Of the last question. */
  #verdict: { readonly update: number; readonly resolve: (verdict: Verdict) => void } | undefined;
  #current: Release | undefined;

  constructor(options: WorkerApplyOptions) {
    this.#options = options;
  }

  /** The deploy that was applied last. */
  get release(): Release {
    return this.#release;
  }

  /** The release that workers of this worker start from. Undefined for its own. */
  get current(): Release | undefined {
    return this.#current;
  }

  /** The page asks about the deploy that is applied next. An older question gets no answer any more. */
  ask(update: number, first: Release): void {
    this.#verdict?.resolve('wait');
    const { promise, resolve } = deferred<Verdict>();
    this.#verdict = { update, resolve };
    this.#asked = { update, first, verdict: promise };
  }

  verdict(update: number, verdict: Verdict): void {
    if (this.#verdict?.update === update) this.#verdict.resolve(verdict);
  }

  async run(release: Release): Promise<void> {
    const { link, records, instances, starts, moduleUpdate, retries, begin } = this.#options;
    const asked = this.#asked;
    this.#asked = undefined;
    this.#release = release;
    if (asked !== undefined && !(await begin(asked.first))) {
      const reason = 'it is unknown what the worker runs';
      return link.post({ type: 'decided', update: asked.update, decision: { reason, files: [] } });
    }
    this.#known ??= asked?.first.manifest;
    const changed = this.#known === undefined ? [] : changedPaths(this.#known, release.manifest);
    records.setManifest(release.manifest);
    const urls = await starts.take();
    if (asked !== undefined) {
      const { reason } = urls.length === 0 ? { reason: null } : await moduleUpdate.decide(urls);
      const files = [...records.running.values()].map(({ path }) => path);
      const decision = { reason: this.#loadedOtherwise(changed) ?? reason, files };
      link.post({ type: 'decided', update: asked.update, decision });
      const verdict = await asked.verdict;
      if (verdict === 'leave') starts.leaveToPage();
      if (verdict !== 'wait') {
        this.#known = release.manifest;
        this.#current = release;
      }
      if (verdict !== 'apply') {
        // Changed modules are found again.
        retries.add(urls.filter((url) => records.isNewest(url)));
        return;
      }
    }
    try {
      if (await moduleUpdate.run(urls, [])) instances.evict();
    } finally {
      // An unchanged module too may have to be replaced: it holds an instance that others no longer have.
      const isOutdated = records.changed().length > 0 || retries.isPending;
      if (asked !== undefined) link.post({ type: 'applied', update: asked.update, isOutdated });
      else if (isOutdated) link.post({ type: 'outdated' });
    }
  }

  /** Why a changed file that the worker has loaded without an import needs a reload of the page. */
  #loadedOtherwise(changed: readonly string[]): string | null {
    const { records } = this.#options;
    const path = changed.find((one) => {
      const type = records.site.manifest.modules.get(one)?.type;
      if (type === undefined || type === 'text/html' || records.runsFile(one)) return false;
      return hasLoaded(records.site.root, one, { byScript: true, watchedSince: 0 });
    });
    return path === undefined ? null : `${path} changed, and the worker loads it without importing it`;
  }
}
