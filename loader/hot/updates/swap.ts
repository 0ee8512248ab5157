import { moduleAt } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import type { Contexts } from '../contexts.js';
import { Failure } from '../errors/failure.js';
import type { ImporterGraph } from '../modules/importer-graph.js';
import type { Boundary } from './propagate.js';
import type { Batch, ModuleInstance } from '../modules/module-instance.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { GivenUp } from './stalled.js';

export interface SwapOptions {
  readonly versions: ModuleRecords;
  readonly contexts: Contexts;
  readonly importers: ImporterGraph;
  /** Natural URLs of the modules with which the update began. */
  readonly starts: readonly string[];
  /** Of all that get another instance. */
  readonly replaced: ReadonlySet<string>;
  readonly boundaries: readonly Boundary[];
  /** Resolves when there is something newer, and no more time for what still waits at its top level. */
  readonly superseded: Promise<void>;
}

export interface Outcome {
  /** Namespaces of the new instances of what was accepted, as far as they run. */
  readonly modules: ReadonlyMap<string, unknown>;
  readonly failed: readonly { readonly accepted: string; readonly error: unknown }[];
  /** What has been given up since it still waits. */
  readonly givenUp: GivenUp | null;
  /** Natural URLs of what was to be replaced and was not, although it needs that in the version that it has. */
  readonly behind: readonly string[];
}

const WAITS = Symbol('waits');

/** The exchange of some modules' instances: each boundary's as a whole, or not at all. */
export class Swap {
  readonly #options: SwapOptions;
  /** PageDeploy versions before. */
  readonly #old = new Map<string, ModuleInstance>();
  /** Callbacks of the instances that were asked. */
  readonly #acceptors = new Map<string, ReturnType<Contexts['acceptorsOf']>>();
  #dropped: string[] = [];

  constructor(options: SwapOptions) {
    this.#options = options;
    const { versions, contexts, replaced, boundaries } = options;
    for (const url of replaced) this.#old.set(url, versions.running.get(url)!);
    for (const { boundary, accepted } of boundaries) {
      const target = versions.running.get(boundary)?.target ?? '';
      this.#acceptors.set(`${boundary} ${accepted}`, contexts.acceptorsOf(target, accepted));
    }
  }

  acceptorsOf(boundary: string, accepted: string): ReturnType<Contexts['acceptorsOf']> {
    // One that has been replaced itself has imported the new instance already.
    if (boundary !== accepted && this.#isReplaced(boundary)) return [];
    return this.#acceptors.get(`${boundary} ${accepted}`) ?? [];
  }

  async run(): Promise<Outcome> {
    const { versions, contexts, importers, replaced, boundaries, superseded } = this.#options;
    const failed: { accepted: string; error: unknown }[] = [];
    const waiting = new Map<string, Promise<unknown>>();
    const batches: Batch[] = [];
    const left = new Set(replaced);
    const ready: string[] = [];
    for (const accepted of new Set(boundaries.map((boundary) => boundary.accepted))) {
      try {
        const batch = await versions.make([accepted], left);
        for (const url of batch.made.keys()) left.delete(url);
        batches.push(batch);
        ready.push(accepted);
      } catch (error) {
        failed.push({ accepted, error });
      }
    }
    // What only `import()` leads to from there is made anew when it comes to that.
    if (failed.length === 0) batches.push(versions.retire(left));
    const exchanged = batches.flatMap(({ before }) => [...before.keys()]);
    for (const url of exchanged) {
      const old = this.#old.get(url);
      if (old?.target !== undefined) await Promise.race([contexts.dispose(url, old.target), superseded]);
    }
    const modules = new Map<string, unknown>();
    await Promise.all(
      ready.map(async (accepted) => {
        try {
          const importing = versions.import(accepted);
          const module = await Promise.race([importing, superseded.then(() => WAITS)]);
          if (module !== WAITS) modules.set(accepted, module);
          else waiting.set(accepted, importing);
        } catch (error) {
          failed.push({ accepted, error });
        }
      }),
    );
    if (failed.length > 0 || waiting.size > 0) {
      const kept = this.#reached(modules.keys(), batches);
      for (const batch of batches) versions.rollback(batch, (url) => !kept.has(url));
    }
    for (const batch of batches) {
      for (const version of batch.made.values()) {
        if (versions.running.get(version.url) === version) importers.renew(version);
        else if (version.target !== undefined) contexts.drop(version.target);
      }
    }
    this.#dropped = exchanged.flatMap((url) =>
      this.#isReplaced(url) ? (this.#old.get(url)?.target ?? []) : [],
    );
    const behind = this.#behind();
    const givenUp = waiting.size === 0 ? null : this.#giveUp(waiting, batches, behind);
    return { modules, failed, givenUp, behind };
  }

  #stillWaits(accepted: string): Failure {
    const path = this.#options.versions.pathOf(accepted);
    return new Failure(`${path}, or what it imports, still waits at its top level`, path);
  }

  #giveUp(
    waiting: ReadonlyMap<string, Promise<unknown>>,
    batches: readonly Batch[],
    behind: readonly string[],
  ): GivenUp {
    const reached = this.#reached(waiting.keys(), batches);
    const made = batches.flatMap((batch) => [...batch.made.values()]).filter(({ url }) => reached.has(url));
    const settled = Promise.race(waiting.values()).then(
      () => {},
      () => {},
    );
    return {
      accepted: new Map([...waiting.keys()].map((url) => [url, this.#stillWaits(url)])),
      hashes: new Map(made.map(({ url, hash }) => [url, hash])),
      below: this.#newestBelow(made),
      behind,
      settled,
    };
  }

  /** Of what modules import, as far as it has not been made with them. */
  #newestBelow(made: readonly ModuleInstance[]): Map<string, Hash> {
    const { running, site } = this.#options.versions;
    const own = new Set(made.map(({ url }) => url));
    const urls = new Set(made.flatMap(({ imports }) => imports));
    const newest = new Map<string, Hash>();
    for (const url of urls) {
      const module = own.has(url) ? undefined : moduleAt(site, url);
      if (module === undefined) continue;
      newest.set(url, module.hash);
      for (const next of running.get(url)?.imports ?? []) urls.add(next);
    }
    return newest;
  }

  /** What holds something that is not there any more, since now or since an update before. */
  #behind(): string[] {
    const { importers, versions, starts } = this.#options;
    const owed = new Set(starts.filter((url) => versions.isNewest(url)));
    return [...this.#old].flatMap(([url, old]) => {
      if (this.#isReplaced(url)) return [];
      const isTorn = [...importers.importsOf(old)].some((target) => this.#isReplaced(target));
      return isTorn || owed.has(url) ? url : [];
    });
  }

  /** The callbacks of the old instances have been called: nothing more is. */
  finish(): void {
    const { versions, contexts } = this.#options;
    for (const target of this.#dropped) contexts.drop(target);
    versions.supersede(this.#dropped);
  }

  #isReplaced(url: string): boolean {
    const old = this.#old.get(url);
    return old !== undefined && this.#options.versions.running.get(url) !== old;
  }

  /** New instances on which those that run rest. */
  #reached(roots: Iterable<string>, batches: readonly Batch[]): Set<string> {
    const made = new Map(batches.flatMap((batch) => [...batch.made]));
    const queue = [...roots];
    const seen = new Set(queue);
    for (const url of queue) {
      for (const next of made.get(url)?.imports ?? []) {
        if (seen.has(next) || !made.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    return seen;
  }
}
