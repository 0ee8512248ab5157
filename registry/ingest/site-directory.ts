import { ModcastError, type HotNews, type Path } from '../../schema/index.js';
import type { ResolvedOptions } from '../options.js';
import type { Clock } from '../clock.js';
import { debug } from '../debug.js';
import type { Store } from '../store/store.js';
import { Assets, type ChangedAsset } from './assets.js';
import { compileDescend } from './files.js';
import { gitCommit } from './git-commit.js';
import { Ingest, type IngestResult } from './ingest.js';
import type { ReadProgress } from './read-modules.js';
import { Retention } from './retention.js';
import type { Watch } from './watch.js';
import { watchRoot } from './watch-root.js';

export interface SiteDirectoryOptions {
  /** Absolute and real. */
  readonly directory: string;
  readonly store: Store;
  readonly options: Pick<
    ResolvedOptions,
    'channel' | 'include' | 'exclude' | 'author' | 'watch' | 'keepDeploys'
  >;
  readonly clock: Clock;
  readonly onReading: (progress: ReadProgress) => void;
  /** The directory has been looked at: told before anybody else gets the result. */
  readonly onResult: (result: IngestResult) => void;
  readonly onNews: (news: HotNews) => void;
  readonly onState: (state: 'gone' | 'back') => void;
  readonly onError: (error: unknown) => void;
}

/** Milliseconds after which all is looked at once more, where a watcher may have missed something. */
export const RESCAN_MS = 700;

/** Milliseconds after which a file is looked at again that seemed to be about to be written. */
const LOOK_MS = 30;

/** A site's directory, read into the store and followed as it is edited. */
export class SiteDirectory {
  readonly #options: SiteDirectoryOptions;
  readonly #ingest: Ingest;
  readonly #assets: Assets;
  #watch: Watch | undefined;
  #retention: Retention | undefined;
  #rescan: { cancel(): void } | undefined;
  #look: { cancel(): void } | undefined;
  readonly #unsettled = new Set<Path>();
  /** One ingest at a time, whoever asks for it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SiteDirectoryOptions) {
    this.#options = options;
    const { directory, store } = options;
    const { channel, include, exclude, author } = options.options;
    const filter = { include, exclude };
    const ingest = new Ingest({
      directory,
      store,
      channel,
      filter,
      author,
      now: Date.now,
      commit: () => gitCommit(directory, (file) => ingest.matches(file)),
      onUnreported: () => this.#rescanSoon(),
      onUnsettled: (files) => this.#lookSoon(files),
    });
    this.#ingest = ingest;
    this.#assets = new Assets(directory, filter);
  }

  /** Reads it for the first time, and follows it from then on. */
  async start(): Promise<IngestResult> {
    const { onReading, store, clock, onError } = this.#options;
    const { watch, channel, keepDeploys } = this.#options.options;
    if (watch !== false) {
      this.#watch = this.#follow(watch === true ? null : watch.poll);
      // What is saved while the first scan runs is seen by the scan or by the watcher, never by neither.
      await this.#watch.ready;
      await this.#assets.start();
    }
    const result = await this.#inTurn(() => this.#ingest.scan(onReading));
    if (watch !== false && keepDeploys > 0) {
      const idle = () => this.#turn;
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

  /** Looks at all of it again. */
  scan(): Promise<IngestResult> {
    return this.#inTurn(() => this.#ingest.scan());
  }

  /** What has changed last of the files that no manifest names. */
  get changedAssets(): ChangedAsset[] {
    return this.#assets.recent();
  }

  async close(): Promise<void> {
    this.#assets.close();
    await this.#watch?.close();
    await this.#turn;
    this.#rescan?.cancel();
    this.#look?.cancel();
    await this.#retention?.close();
  }

  /** That the directory has gone is told once, and is over when it is back. */
  readonly #onError = (error: unknown): void => {
    if (!(error instanceof ModcastError) || error.code !== 'directory-invalid') this.#options.onError(error);
  };

  #lookSoon(files: readonly Path[]): void {
    const { clock } = this.#options;
    for (const file of files) this.#unsettled.add(file);
    this.#look ??= clock.after(LOOK_MS, () => {
      const again = [...this.#unsettled];
      this.#unsettled.clear();
      this.#look = undefined;
      void this.#inTurn(() => this.#ingest.update(again)).catch(this.#onError);
    });
  }

  #rescanSoon(): void {
    const { clock } = this.#options;
    this.#rescan?.cancel();
    this.#rescan = clock.after(RESCAN_MS, () => void this.scan().catch(this.#onError));
  }

  #follow(poll: number | null): Watch {
    const { directory, options, clock, onNews, onState } = this.#options;
    return watchRoot({
      directory,
      descend: compileDescend(options),
      poll,
      clock,
      onChange: async (paths) => {
        debug.watch('%d files changed: %s', paths.length, paths.slice(0, 10).join(', '));
        await this.#inTurn(() => this.#ingest.update(paths));
        const changed = this.#assets.changed(paths);
        if (changed.length > 0) onNews({ type: 'assets', paths: changed });
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
      },
      onError: this.#onError,
    });
  }

  #inTurn(work: () => Promise<IngestResult>): Promise<IngestResult> {
    const result = this.#turn.then(work).then((done) => {
      this.#options.onResult(done);
      if (done.created) this.#retention?.deployed();
      return done;
    });
    this.#turn = result.catch(() => {});
    return result;
  }
}
