import { importsOf } from '../../../importmap/graph.js';
import { moduleAt } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import { AbsentFailure, CycleFailure, Failure, GoneFailure } from '../errors/failure.js';
import type { ScopePorts } from '../ports.js';
import { createInstances, rollBack, type CreateOptions } from './create.js';
import type { Batch, ModuleInstance } from './module-instance.js';
import type { ModuleRecords } from './module-records.js';
import { planInstances, type Plan, type PlanGraph, type PlanOutcome, type PlanRecords } from './plan.js';
import type { UrlLifetime } from './url-lifetime.js';

/** The `type` attribute that an import of a module needs, by media type. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['application/json', 'json'],
  ['text/css', 'css'],
]);

/** Creates, imports and takes back module instances. */
export class Instances {
  readonly #ports: ScopePorts;
  readonly #records: ModuleRecords;
  readonly #urls: UrlLifetime;
  readonly #graph: PlanGraph;
  readonly #planRecords: PlanRecords;
  readonly #createOptions: CreateOptions;

  constructor(ports: ScopePorts, records: ModuleRecords, urls: UrlLifetime) {
    this.#ports = ports;
    this.#records = records;
    this.#urls = urls;
    this.#graph = planGraph(ports, records);
    this.#planRecords = planRecords(ports, records, urls);
    const { blobPool, pageDeploy, installImportMap, config } = ports;
    const addImportMap = (imports: Readonly<Record<string, string | null>>) =>
      installImportMap(JSON.stringify({ imports }), config.nonce);
    this.#createOptions = {
      records,
      urls,
      blobPool,
      resolver: pageDeploy.resolver,
      importTargets: pageDeploy.linker.importTargets,
      addImportMap: pageDeploy.laterMaps ? addImportMap : null,
    };
  }

  /**
   * Creates instances of modules, and of what they import that does not run yet. Starts synchronously: when
   * all blobs are in the page, another `import()` of the same moment finds the new instances.
   *
   * @param force modules that get another instance although one runs
   * @param unparsed `run` lets the browser report a module that does not parse
   * @throws Failure before anything has been created
   */
  async create(
    roots: readonly string[],
    force: ReadonlySet<string>,
    unparsed: 'refuse' | 'run' = 'refuse',
  ): Promise<Batch> {
    try {
      for (let asked: ReadonlySet<Hash> | undefined; ;) {
        const plan = planInstances(this.#graph, this.#planRecords, { roots, force, unparsed });
        this.#recordExternal(plan);
        const { outcome } = plan;
        if (outcome.kind === 'order') return createInstances(outcome.order, this.#createOptions);
        if (outcome.kind !== 'missing') throw this.#failureOf(outcome);
        const { missing } = outcome;
        if (asked !== undefined && [...asked].every((hash) => missing.has(hash))) {
          const path = [...missing.values()][0]!;
          throw new AbsentFailure(`${path} did not arrive from the server`, path);
        }
        asked = new Set(missing.keys());
        await this.#ports.channelClient.need(asked, true);
      }
    } catch (error) {
      // The browser may be asked for them nevertheless.
      for (const root of roots) if (!this.#records.running.has(root)) this.#urls.markUnusable(root);
      this.#records.markExternal();
      throw error;
    }
  }

  /**
   * Imports the current instance of a module. Without options, with the attributes that its media type needs.
   */
  import(url: string, options = this.#optionsFor(url)): Promise<unknown> {
    const { pageDeploy, importModule } = this.#ports;
    return this.#urls.whilePending(importModule(pageDeploy.resolver.name(url), options));
  }

  /** Takes modules out of the records. Their next import creates new instances. */
  retire(urls: Iterable<string>): Batch {
    const previous = new Map<string, ModuleInstance | undefined>();
    for (const url of urls) {
      previous.set(url, this.#records.running.get(url));
      this.#records.delete(url);
      this.#urls.markUnusable(url);
    }
    return { created: new Map(), previous };
  }

  /** Takes new instances back, all or some: the ones before run on. */
  rollBack(batch: Batch, only?: (url: string) => boolean): void {
    rollBack(batch, this.#createOptions, only);
  }

  /** Nothing imports these targets any more. */
  supersede(targets: Iterable<string>): void {
    this.#urls.supersede(targets);
  }

  /** Frees URLs and blobs that nothing needs. */
  evict(): void {
    this.#urls.evict();
    this.#records.evict();
  }

  #optionsFor(url: string): ImportCallOptions | undefined {
    const type = ATTRIBUTES.get(moduleAt(this.#records.site, url)?.type ?? '');
    return type === undefined ? undefined : { with: { type } };
  }

  /** The browser keeps what it finds at an external URL. */
  #recordExternal({ external, runsUnparsed }: Plan): void {
    for (const url of external) {
      this.#urls.markUnusable(url);
      this.#records.leaveToBrowser(url);
    }
    if (external.size > 0 || runsUnparsed) this.#records.markExternal();
  }

  #failureOf(outcome: Exclude<PlanOutcome, { kind: 'order' | 'missing' }>): Failure {
    if (outcome.kind === 'unparsed') {
      const { path } = outcome.module;
      return new Failure(`${path} does not parse`, path);
    }
    if (outcome.kind === 'circular') {
      const paths = outcome.urls.map((url) => this.#records.pathOf(url)).join(', ');
      return new CycleFailure(`${paths}: in a cycle, which only a reload can replace`);
    }
    const path = this.#records.pathOf(outcome.url);
    const by = outcome.importer === undefined ? '' : `, but ${outcome.importer.path} imports it`;
    return new GoneFailure(
      `${path} does not exist any more${by}`,
      outcome.importer?.path ?? path,
      outcome.url,
    );
  }
}

const planGraph = ({ blobPool, pageDeploy }: ScopePorts, records: ModuleRecords): PlanGraph => ({
  moduleAt: (url) => moduleAt(records.site, url),
  importsOf: (module) => {
    const blob = blobPool.get(module.hash);
    return blob && importsOf(module, blob.links, pageDeploy.resolver).static;
  },
  parses: (module) => !records.isUnparsed(module),
});

function planRecords({ pageDeploy }: ScopePorts, records: ModuleRecords, urls: UrlLifetime): PlanRecords {
  const { linker, laterMaps } = pageDeploy;
  const { importTargets } = linker;
  return {
    isRunning: (url) => records.running.has(url),
    isRenamed: (url) => records.running.get(url)?.name !== undefined,
    isUnusable: (url) => urls.isUnusable(url),
    get hasExternal() {
      return records.hasExternal;
    },
    hasRule: (url) => importTargets.isInstalled(url),
    ruleHash: (url) => importTargets.hashOf(url),
    hasTarget: (url) => importTargets.targetOf(url) !== undefined,
    laterMaps,
  };
}
