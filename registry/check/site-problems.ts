import { isPackagePath, type Diagnostic } from '../../schema/index.js';
import type { Clock } from '../clock.js';
import type { IngestResult } from '../ingest/ingest.js';
import { newProblems } from './new-problems.js';
import { ImportChecker, type ImportCheckerOptions } from './import-checker.js';

/** Milliseconds between a deploy and the check of its imports: pages get the deploy first. */
const CHECK_DELAY_MS = 10;

/** The same when the server has just started: a browser opens the first page now, and a check takes long. */
const FIRST_CHECK_DELAY_MS = 500;

/** Failing imports that are listed. One missing import map can break thousands. */
const LISTED_IMPORTS = 50;

export interface SiteProblemsOptions extends Omit<ImportCheckerOptions, 'limit'> {
  readonly clock: Clock;
  /** A check has changed the list. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** All current problems of a directory's files: those found when files are read, and those of the imports. */
export class SiteProblems {
  readonly #options: SiteProblemsOptions;
  readonly #checker: ImportChecker;
  #state: 'idle' | 'checking' | 'closed' = 'idle';
  #result: IngestResult | undefined;
  #importProblems: readonly Diagnostic[] = [];
  #nextCheck: { cancel(): void } | undefined;
  #list: readonly Diagnostic[] = [];

  constructor(options: SiteProblemsOptions) {
    this.#options = options;
    this.#checker = new ImportChecker({ ...options, limit: LISTED_IMPORTS });
  }

  get list(): readonly Diagnostic[] {
    return this.#list;
  }

  /**
   * The list without what a page reports itself, if it does not handle it, which is a failing `import()`, and
   * without warnings about packages: the page runs.
   */
  get listForPages(): readonly Diagnostic[] {
    return this.#list.filter(({ kind, severity, path, failure }) => {
      const isOfPackage = kind === 'import' && (failure === undefined || isPackagePath(path));
      return kind !== 'dynamic-import' && !(isOfPackage && severity === 'warning');
    });
  }

  /** From now on, imports are checked after each ingest. */
  startChecking(): void {
    if (this.#state === 'idle') this.#state = 'checking';
    this.#scheduleCheck(FIRST_CHECK_DELAY_MS);
  }

  /**
   * Takes the result of an ingest.
   * @returns whether the list has changed
   */
  setResult(result: IngestResult): boolean {
    this.#result = result;
    this.#scheduleCheck();
    return this.#updateList();
  }

  close(): void {
    this.#state = 'closed';
    this.#nextCheck?.cancel();
  }

  #updateList(): boolean {
    const { problems = [] } = this.#result ?? {};
    const list = [...problems, ...newProblems(this.#importProblems, problems)];
    const hasChanged = JSON.stringify(list) !== JSON.stringify(this.#list);
    this.#list = list;
    return hasChanged;
  }

  #scheduleCheck(ms: number = CHECK_DELAY_MS): void {
    if (this.#state !== 'checking') return;
    this.#nextCheck?.cancel();
    this.#nextCheck = this.#options.clock.after(ms, () => {
      this.#check().catch((error: unknown) => {
        // A check that runs while the registry closes cannot read the store.
        if (this.#state !== 'closed') this.#options.onError(error);
      });
    });
  }

  async #check(): Promise<void> {
    const result = this.#result;
    if (result === undefined) return;
    const { diagnostics } = await this.#checker.check(result.manifest);
    // A newer result has a check of its own.
    if (this.#result !== result || this.#state === 'closed') return;
    this.#importProblems = diagnostics;
    if (this.#updateList()) this.#options.onChange();
  }
}
