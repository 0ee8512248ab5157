import { placeholderRoot } from '../../importmap/index.js';
import { ModcastError, SerialQueue, type HotNews, type Path } from '../../schema/index.js';
import type { ResolvedOptions } from '../options.js';
import type { Clock } from '../clock.js';
import { debug } from '../debug.js';
import { watchInstalled } from '../packages/installed-watch.js';
import type { PackageSettings } from '../packages/packages.js';
import type { PageSummaries } from '../pages/page-summaries.js';
import type { Store } from '../store/store.js';
import { Assets, type ChangedAsset } from './assets.js';
import { compileDescend, withTransforms } from './files.js';
import { gitCommit } from './git-commit.js';
import { Ingest, type IngestOptions, type IngestResult } from './ingest.js';
import { lookAgain } from './look-again.js';
import type { ReadProgress } from './read-modules.js';
import { ReadAgain } from './read-again.js';
import { recipeFiles, variableFiles } from '../transform/read-recipe.js';
import { Retention } from './retention.js';
import type { Watch } from './watch.js';
import { watchRoot } from './watch-root.js';

export interface SiteDirectoryOptions {
  /** Absolute. It may be a link that is pointed to another directory. */
  readonly directory: string;
  readonly store: Store;
  readonly options: Pick<
    ResolvedOptions,
    'base' | 'channel' | 'include' | 'exclude' | 'author' | 'watch' | 'keepDeploys'
  > &
    Partial<Pick<ResolvedOptions, 'transforms'>>;
  /** How the bare names of the site are resolved to packages. Null: they are not. */
  readonly packages: PackageSettings | null;
  /** What browsers get of the site's files, which decides what it imports. Default: the files as they are. */
  readonly served?: IngestOptions['served'];
  readonly clock: Clock;
  readonly summaries: PageSummaries;
  readonly onReading: (progress: ReadProgress) => void;
  /** The files that the site needs and the deploy does not have. */
  readonly wanted?: (result: IngestResult) => Promise<readonly Path[]>;
  /** An ingest has ended. Called before the promise of its caller resolves. */
  readonly onResult: (result: IngestResult) => void | Promise<void>;
  readonly onNews: (news: HotNews) => void;
  readonly onState: (state: 'gone' | 'back') => void;
  readonly onError: (error: unknown) => void;
}

/** Milliseconds after which the directory is scanned, when the watcher may have missed changes. */
export const RESCAN_MS = 700;

/** Milliseconds after which a file is read again that an editor may be about to write. */
const UNSETTLED_MS = 30;

const isDirectoryGone = (error: unknown): boolean =>
  error instanceof ModcastError && error.code === 'directory-invalid';

/** Reads a site's directory into the store, and follows its changes. */
export class SiteDirectory {
  readonly #options: SiteDirectoryOptions;
  readonly #ingest: Ingest;
  readonly #assets: Assets;
  #watch: Watch | undefined;
  #retention: Retention | undefined;
  /** Files that no watcher follows. */
  readonly #lookedAt: { close(): void }[] = [];
  #rescan: { cancel(): void } | undefined;
  #readAgain: { cancel(): void } | undefined;
  readonly #unsettled = new Set<Path>();
  readonly #unreadable: ReadAgain;
  /** One ingest runs at a time. */
  readonly #queue = new SerialQueue();

  constructor(options: SiteDirectoryOptions) {
    this.#options = options;
    const { directory, store } = options;
    const { channel, include, exclude, transforms = [], author } = options.options;
    const filter = withTransforms({ include, exclude }, transforms);
    const ingest = new Ingest({
      directory,
      store,
      channel,
      filter,
      author,
      now: Date.now,
      root: placeholderRoot(options.options.base),
      summaries: options.summaries,
      generate: (root, modules) => recipeFiles(root, modules.keys()),
      packages: options.packages,
      ...(options.served === undefined ? {} : { served: options.served }),
      commit: () => gitCommit(directory, (file) => ingest.matches(file)),
      onUnreported: () => this.#rescanSoon(),
      onUnsettled: (files) => this.#readAgainSoon(files),
      onUnreadable: (files) => this.#unreadable.schedule(files),
    });
    this.#ingest = ingest;
    this.#unreadable = new ReadAgain({
      clock: options.clock,
      read: (files) => this.#run(() => (files === null ? ingest.scan() : ingest.update(files))),
      onError: this.#onError,
    });
    this.#assets = new Assets(directory, filter);
  }

  /** Scans the directory for the first time, and watches it from then on. */
  async start(): Promise<IngestResult> {
    const { onReading, store, clock, onError } = this.#options;
    const { watch, channel, keepDeploys } = this.#options.options;
    if (watch !== false) {
      this.#watch = this.#follow(watch === true ? null : watch.poll);
      // The watcher starts before the scan, so that a save during the scan is not missed.
      await this.#watch.ready;
      await this.#assets.start();
    }
    const result = await this.#run(() => this.#ingest.scan(onReading));
    if (watch !== false) this.#followVariables();
    if (watch !== false && this.#options.packages !== null) this.#followInstalled();
    if (watch !== false && keepDeploys > 0) {
      const idle = () => this.#queue.idle();
      this.#retention = new Retention({
        store,
        channel,
        keep: keepDeploys,
        clock,
        now: Date.now,
        idle,
        onError,
      });
    }
    return result;
  }

  /** Scans the whole directory again. */
  scan(): Promise<IngestResult> {
    return this.#run(() => this.#ingest.scan());
  }

  /** The last changes of files that are in no manifest, newest first. */
  get changedAssets(): ChangedAsset[] {
    return this.#assets.recent();
  }

  /** Changes so far of such files. */
  get assetChanges(): number {
    return this.#assets.changes;
  }

  async close(): Promise<void> {
    this.#assets.close();
    for (const one of this.#lookedAt) one.close();
    await this.#watch?.close();
    await this.#queue.idle();
    this.#rescan?.cancel();
    this.#readAgain?.cancel();
    this.#unreadable.close();
    await this.#retention?.close();
  }

  /** The watcher reports a directory that is gone, so an ingest that fails for it does not. */
  readonly #onError = (error: unknown): void => {
    if (!isDirectoryGone(error)) this.#options.onError(error);
  };

  #readAgainSoon(files: readonly Path[]): void {
    const { clock } = this.#options;
    for (const file of files) this.#unsettled.add(file);
    this.#readAgain ??= clock.after(UNSETTLED_MS, () => {
      const again = [...this.#unsettled];
      this.#unsettled.clear();
      this.#readAgain = undefined;
      void this.#run(() => this.#ingest.update(again)).catch(this.#onError);
    });
  }

  #followInstalled(): void {
    const { directory, clock } = this.#options;
    const installed = watchInstalled({
      directory,
      linked: () => this.#ingest.linkedFiles,
      clock,
      onChange: () => {
        debug.watch('other packages are installed');
        this.#ingest.forgetPackages();
        void this.scan().catch(this.#onError);
      },
    });
    this.#lookedAt.push(installed);
  }

  /** Variables are in dotfiles, which the watcher leaves out. */
  #followVariables(): void {
    const { directory, clock } = this.#options;
    const variables = lookAgain({
      files: () => variableFiles(directory),
      clock,
      onChange: () => {
        debug.watch('an .env file has changed');
        // Variables are written into the modules of packages.
        this.#ingest.forgetPackages();
        void this.scan().catch(this.#onError);
      },
    });
    this.#lookedAt.push(variables);
  }

  #rescanSoon(): void {
    const { clock } = this.#options;
    this.#rescan?.cancel();
    this.#rescan = clock.after(RESCAN_MS, () => void this.scan().catch(this.#onError));
  }

  #follow(poll: number | null): Watch {
    const { directory, options, clock, onState } = this.#options;
    return watchRoot({
      directory,
      descend: compileDescend(options),
      poll,
      clock,
      onChange: async (paths) => {
        debug.watch('%d files changed: %s', paths.length, paths.slice(0, 10).join(', '));
        await this.#run(() => this.#ingest.update(paths));
        this.#tellAssets(this.#assets.changed(paths));
      },
      onDirectory: () => this.#rescanSoon(),
      onGone: () => {
        debug.watch('%s is gone', directory);
        onState('gone');
      },
      onBack: async () => {
        debug.watch('%s is back', directory);
        onState('back');
        await this.scan();
        this.#tellAssets(await this.#assets.rescan());
      },
      onError: this.#onError,
    });
  }

  #tellAssets(changed: readonly string[]): void {
    const files = this.changedAssets.filter(({ path }) => changed.includes(path));
    if (files.length > 0) this.#options.onNews({ type: 'assets', files });
  }

  #run(ingest: () => Promise<IngestResult>): Promise<IngestResult> {
    return this.#queue.run(async () => {
      let result = await ingest().catch((error: unknown) => {
        // What was saved must not wait for the next change: the disk may be full only now.
        if (this.#watch !== undefined && !isDirectoryGone(error)) this.#unreadable.schedule(null);
        throw error;
      });
      const wanted = this.#ingest.include((await this.#options.wanted?.(result)) ?? []);
      if (wanted.length > 0) {
        const more = await this.#ingest.update(wanted);
        result = { ...more, created: result.created || more.created, read: result.read + more.read };
      }
      await this.#options.onResult(result);
      if (result.created) this.#retention?.deployed();
      return result;
    });
  }
}
