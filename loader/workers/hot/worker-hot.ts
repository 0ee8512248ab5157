import { withoutDeploy } from '../../../importmap/deploy-url.js';
import { EMPTY_MANIFEST } from '../../../schema/manifest.js';
import { Contexts } from '../../hot/contexts.js';
import { createDescribe } from '../../hot/errors/describe.js';
import { ImporterGraph } from '../../hot/modules/importer-graph.js';
import { Instances } from '../../hot/modules/instances.js';
import { ModuleRecords } from '../../hot/modules/module-records.js';
import { UrlLifetime } from '../../hot/modules/url-lifetime.js';
import { createPageImport } from '../../hot/page-import.js';
import type { ScopePorts } from '../../hot/ports.js';
import { Entries } from '../../hot/updates/entries.js';
import { ModuleUpdate } from '../../hot/updates/module-update.js';
import { Prune } from '../../hot/updates/prune.js';
import { UpdateQueue } from '../../hot/updates/queue.js';
import { UpdateReport } from '../../hot/updates/report.js';
import { Retries } from '../../hot/updates/retries.js';
import { PendingImports } from '../../hot/updates/stalled/pending-imports.js';
import { Starts } from '../../hot/updates/starts.js';
import { createSwap } from '../../hot/updates/swap.js';
import { Turns } from '../../hot/updates/turns.js';
import { watchWorkers } from '../../hot/workers/watch-workers.js';
import { importModule } from '../../linking/import-module.js';
import { MODULE_URLS } from '../../linking/module-url.js';
import { isWebKit } from '../../page/engine.js';
import { workerUrlOf } from '../worker-url.js';
import type { WorkerHotRuntime, WorkerScope } from '../worker-runtime.js';
import { ownStart, type PageLink } from './page-link.js';
import { WorkerApply } from './worker-apply.js';
import { createBegin } from './worker-begin.js';
import { WorkerBlobs } from './worker-blobs.js';
import { tellOutdated, WorkerImports } from './worker-imports.js';
import { WorkerTargets } from './worker-targets.js';

interface OwnRuntime extends WorkerHotRuntime {
  /** The URL from which a worker of this worker starts. */
  workerUrl(url: string): string;
}

/** Requests that the browser remembers, so that it is known which files the worker has loaded. */
const RESOURCE_TIMINGS = 10_000;

const after = (ms: number, callback: () => void): (() => void) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** Hot reload in a worker. Undefined where no page with hot reload has started it. */
export function createWorkerHot(scope: WorkerScope): WorkerHotRuntime | undefined {
  const own = ownStart(scope.started);
  if (own === undefined) return undefined;
  const { link, isShared } = own;
  const imports = new WorkerImports(link, withoutDeploy(scope.started));
  const runtime = isShared ? listening(scope, link, imports) : replacing(scope, link, imports);
  imports.greet();
  tellClose(link);
  performance.setResourceTimingBufferSize(RESOURCE_TIMINGS);
  watchWorkers(globalThis, {
    base: () => location.href,
    workerUrl: runtime.workerUrl,
    started: (worker) => link.post({ type: 'started', worker }),
    ended: (id) => link.post({ type: 'ended', id }),
    failed: (id) => link.post({ type: 'failed', id }),
  });
  return runtime;
}

/** A worker that ends itself runs nothing any more. */
function tellClose(link: PageLink): void {
  const scope = globalThis as unknown as { close: () => void };
  const native = scope.close;
  const wrapped = {
    close() {
      link.post({ type: 'closed' });
      Reflect.apply(native, globalThis, []);
    },
  };
  Object.defineProperty(globalThis, 'close', { value: wrapped.close, configurable: true, writable: true });
}

/** Pages may run different deploys, and each of them keeps a shared worker: its modules are not replaced. */
function listening({ resolver }: WorkerScope, link: PageLink, imports: WorkerImports): OwnRuntime {
  link.listen(({ type }) => type === 'greet' && imports.greet());
  return {
    import(_importer, url, options) {
      imports.add(url);
      return importModule(resolver.name(url), options);
    },
    naturalOf: () => undefined,
    naturalText: (text) => text,
    workerUrl: resolver.inDeploy,
  };
}

async function permitsBlobs(): Promise<boolean> {
  const url = URL.createObjectURL(new Blob([''], { type: 'text/javascript' }));
  try {
    await importModule(url);
    return true;
  } catch {
    return false;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** WebKit runs the first module of a worker once more when it is imported. Its errors reach the global. */
function ranEntry(instances: Instances): (entry: string) => Promise<unknown> {
  if (!isWebKit()) return (entry) => instances.import(entry);
  let failed: Promise<unknown> = Promise.resolve();
  addEventListener('error', ({ error }) => (failed = Promise.reject(error as Error)));
  return () => failed;
}

function replacing(scope: WorkerScope, link: PageLink, imports: WorkerImports): OwnRuntime {
  const { root, resolver } = scope;
  const blobPool = new WorkerBlobs(link);
  const importTargets = new WorkerTargets({ ...scope, blobPool });
  const deploy = {
    release: { manifest: EMPTY_MANIFEST },
    resolver,
    linker: { importTargets, ensure: () => Promise.resolve() },
    laterMaps: false,
  };
  const ports: ScopePorts & { targets: ScopePorts['targets'] } = {
    config: { root, nonce: '' },
    blobPool,
    channelClient: { need: blobPool.need, head: undefined, complete: undefined },
    pageDeploy: deploy,
    targets: 'blob',
    installImportMap() {},
    importModule,
    after,
  };
  const urls = new UrlLifetime((target) => importTargets.discard(target));
  const records = new ModuleRecords(ports, urls);
  const instances = new Instances(ports, records, urls);
  const importers = new ImporterGraph(records, [imports.entry]);
  const entries = new Entries(after);
  const pending = new PendingImports(records, instances);
  const contexts = new Contexts({
    resolve(specifier, referrer) {
      const resolution = resolver.resolve(specifier, referrer);
      if (resolution.state === 'resolved') return resolution.url;
      throw new TypeError(`import.meta.hot.accept: ${resolution.reason}`);
    },
    invalidate: (url, message, counts) => queue.invalidate(url, message, counts),
    send: (topic, data = null) => link.post({ type: 'send', topic, data }),
  });
  const turns = new Turns(Promise.resolve(), (error) => reportError(error));
  const swap = createSwap({ records, instances, contexts, importers });
  const retries: Retries = new Retries(records, () => queue.retry());
  const { error: describe } = createDescribe(ports, records);
  const reload = (reason: string) => {
    link.post({ type: 'reload', reason });
    return true;
  };
  const report = new UpdateReport({
    records,
    retries,
    problems: { setErrors: (errors) => link.post({ type: 'errors', errors }), hasReported: () => false },
    describe,
  });
  const prune = new Prune({ importers, instances, contexts, turns });
  const shared = { ports, records, instances, importers, entries, contexts, pending, turns, retries, swap };
  const moduleUpdate = new ModuleUpdate({
    ...shared,
    prune,
    report,
    guardedReload: {
      async start(starts, reason) {
        // The page may stay as it is.
        retries.add(starts.filter((url) => records.isNewest(url)));
        return reload(reason);
      },
    },
    reload,
  });
  const begin = createBegin({
    ...shared,
    permitsBlobs,
    imports,
    deploy,
    importTargets,
    ran: ranEntry(instances),
  });
  const apply = new WorkerApply({ ...shared, link, moduleUpdate, starts: new Starts(shared), begin });
  const queue = new UpdateQueue({ ...shared, apply, moduleUpdate, reload });
  const importLater = tellOutdated(createPageImport(shared), records, link);

  link.listen((message) => {
    switch (message.type) {
      case 'greet':
        return imports.greet();
      case 'update':
        apply.ask(message.update, message.first);
        return queue.deliver(message.release);
      case 'verdict':
        return apply.verdict(message.update, message.verdict);
      case 'message':
        return contexts.emitCustom(message.topic, message.data);
    }
  });
  return {
    context: (url, instance) => contexts.create(url, instance),
    import(importer, url, options) {
      imports.add(url);
      if (begin.isDone) return importLater(importer, url, options);
      importers.record(importer, url);
      return pending.addEarly(url, options, importModule(resolver.name(url), options));
    },
    naturalOf: importTargets.urlOf,
    naturalText: (text) => text.replace(MODULE_URLS, (url) => importTargets.urlOf(url) ?? url),
    workerUrl: (url) =>
      apply.current === undefined ? resolver.inDeploy(url) : workerUrlOf(url, root, apply.current),
  };
}
