import type { Hash } from '../../schema/hash.js';
import type { Manifest } from '../../schema/manifest.js';
import { siteGraph } from '../linking/site-graph.js';
import type { Release } from '../transport/channel-client.js';
import { Contexts } from './contexts.js';
import { createDescribe } from './errors/describe.js';
import { createProblems, isOfPage } from './errors/error-display.js';
import { Failure } from './errors/failure.js';
import { collectUnloadedEntries } from './errors/unloaded-entries.js';
import type { Editor } from './errors/editor.js';
import type { Problems } from './errors/problems.js';
import { collectWindowErrors, isScript } from './errors/window-errors.js';
import { ImporterGraph } from './modules/importer-graph.js';
import { Instances } from './modules/instances.js';
import { ModuleRecords } from './modules/module-records.js';
import { UrlLifetime } from './modules/url-lifetime.js';
import { createNative } from './native.js';
import { createNewest } from './newest.js';
import { createPageImport } from './page-import.js';
import type { Hot, HotPorts, PagePorts } from './ports.js';
import { listenToServer } from './server-news.js';
import { Entries } from './updates/entries.js';
import { causeOf, createReload, restoreScroll, type Reload } from './updates/reload.js';
import { PendingImports } from './updates/stalled/pending-imports.js';
import { createSwap } from './updates/swap.js';
import { Turns } from './updates/turns.js';
import { createUpdates } from './updates/updates.js';
import { PageWorkers } from './workers/page-workers.js';

/** Requests that the browser remembers, so that it is known which files the page has loaded. */
const RESOURCE_TIMINGS = 10_000;

/**
 * The manifest of the site when the page was served. The page did not wait for the socket to load its other
 * files.
 */
async function servedManifest(
  { config, fetchManifest }: Pick<HotPorts, 'config' | 'fetchManifest'>,
  release: Release,
): Promise<Manifest | null> {
  const deploy = config.hot?.deploy ?? null;
  return deploy === null || deploy === release.deploy ? release.manifest : fetchManifest(deploy);
}

export const createHot = (ports: HotPorts): Hot =>
  ports.pageDeploy === null ? createNative(ports) : createPage({ ...ports, pageDeploy: ports.pageDeploy });

/** Hot reload of a page that runs modules of the registry. */
function createPage(ports: PagePorts): Hot {
  const { pageDeploy, blobPool, channelClient, outbox } = ports;
  const urls = new UrlLifetime((target) => pageDeploy.linker.importTargets.discard(target));
  const otherManifests = () => workers.releases.map(({ manifest }) => manifest);
  const records = new ModuleRecords({ ...ports, otherManifests }, urls);
  const instances = new Instances(ports, records, urls);
  const importers = new ImporterGraph(records, pageDeploy.entries);
  const entries = new Entries(ports.after);
  const pending = new PendingImports(records, instances);
  const describe = createDescribe(ports, records);
  const { problems, editor } = createProblems(ports, {
    isUsed: ({ kind, path }) =>
      records.runsFile(path) || isOfPage(ports, kind, path) || workers.runsFile(path),
    reaches: (path, other) => describe.below(path).includes(other),
  });
  const windowErrors = collectWindowErrors(describe);
  const isUnloaded = collectUnloadedEntries((specifier) => {
    const resolution = pageDeploy.resolver.resolve(specifier, document.baseURI);
    return resolution.state === 'resolved' ? resolution.url : undefined;
  });
  let resolveBooted!: () => void;
  const booted = new Promise<void>((resolve) => (resolveBooted = resolve));
  const contexts = new Contexts({
    resolve(specifier, referrer) {
      const resolution = pageDeploy.resolver.resolve(specifier, referrer);
      if (resolution.state === 'resolved') return resolution.url;
      throw new TypeError(`import.meta.hot.accept: ${resolution.reason}`);
    },
    invalidate: (url, message, counts) => queue.invalidate(url, message, counts),
    // JSON has no undefined.
    send: (topic, data = null) => outbox.send({ type: 'message', topic, data }),
  });
  const reload = createReload(contexts, ports, problems);
  const turns = new Turns(booted, (error) => ports.problem('hot-failed', String(error)));
  const swap = createSwap({ records, instances, contexts, importers });
  let { release } = pageDeploy;
  const moved = (next: Release) => {
    release = next;
    ports.moved(next);
  };
  const workers: PageWorkers = new PageWorkers({
    ports,
    records,
    problems,
    release: () => release,
    reload: (reason) => turns.update(async () => void (await guardedReload.start([], reason))),
    retry: () => queue.retry(),
  });
  const { queue, apply, guardedReload } = createUpdates({
    ports: { ...ports, moved },
    workers,
    records,
    instances,
    importers,
    entries,
    contexts,
    pending,
    turns,
    swap,
    problems,
    describe: describe.error,
    fetchLinks: linksFetcher(ports, records),
    reload: (reason, cause = causeOf(apply.release, true)) => reload.start(reason, cause),
  });
  listen(ports, { contexts, problems, editor, entries, reload, workers });
  workers.watch(globalThis);
  channelClient.on('complete', ({ release }) => queue.deliver(release));

  return {
    context: (url, instance) => contexts.create(url, instance),
    booted() {
      performance.setResourceTimingBufferSize(RESOURCE_TIMINGS);
      restoreScroll();
      entries.begin(
        pageDeploy.entries,
        (url) => {
          const path = records.pathOf(url);
          const error = isUnloaded(url) ? notLoaded(path) : windowErrors.forgotten(path);
          return error === undefined ? instances.import(url) : Promise.reject(error as Error);
        },
        (url, error) => {
          // An inline script may handle the failure of its imports.
          if (isScript(url) || windowErrors.includes(error))
            problems.addLasting(describe.error(error, records.pathOf(url)));
        },
      );
      // The page does not run yet what arrived while it booted.
      if (channelClient.complete !== undefined) queue.deliver(channelClient.complete);
      void servedManifest(ports, pageDeploy.release).then((manifest) => {
        if (manifest === null) {
          const { release } = pageDeploy;
          reload.start('it is unknown what has changed since the page was served', causeOf(release, false));
        } else apply.begin(manifest);
        resolveBooted();
      });
    },
    prefetch(paths) {
      const manifest = channelClient.complete?.manifest ?? records.site.manifest;
      const site = { root: records.site.root, manifest };
      return channelClient.needClosure(siteGraph(site, pageDeploy.resolver, blobPool), paths);
    },
    async idle() {
      await turns.idle();
      await workers.idle();
      await reload.stays();
    },
    import: createPageImport({ ports, records, instances, importers, pending, swap }),
    newest: createNewest({ records, instances, importers, pending, swap, turns }),
  };
}

const notLoaded = (path: string): Failure =>
  new Failure(`${path}, or a module that it imports, could not be loaded: the console names its URL`, path);

/**
 * Fetches the links of modules that came over HTTP without them. False when the server does not send them.
 */
function linksFetcher(
  { channelClient, pageDeploy }: PagePorts,
  records: ModuleRecords,
): () => Promise<boolean> {
  let missing: ReadonlySet<Hash> = records.recordEntries(pageDeploy.entries);
  return async () => {
    while (missing.size > 0) {
      const asked = missing;
      await channelClient.need(asked, false);
      missing = records.recordEntries(pageDeploy.entries);
      if ([...asked].some((hash) => missing.has(hash))) return false;
    }
    return true;
  };
}

/** Listens to the server's messages and to the connection. */
function listen(
  ports: PagePorts,
  to: {
    readonly contexts: Contexts;
    readonly problems: Problems;
    readonly editor: Editor;
    readonly entries: Entries;
    readonly reload: Reload;
    readonly workers: PageWorkers;
  },
): void {
  const { channelClient, connection } = ports;
  const { contexts, problems, editor, entries, reload, workers } = to;
  const emit = (event: 'ws:connect' | 'ws:disconnect') => {
    contexts.emit(event, {});
    workers.emitEvent(event);
  };
  listenToServer(ports, {
    problems,
    editor,
    assets(paths, cause) {
      if (ports.announce(channelClient.head?.deploy ?? 0, paths, []))
        reload.start(`${paths.join(', ')} changed`, cause);
    },
    other(topic, data) {
      contexts.emitCustom(topic, data);
      workers.emit(topic, data);
    },
  });
  let connected = channelClient.head !== undefined;
  let wasAway = false;
  channelClient.on('head', () => {
    if (!connected) emit('ws:connect');
    connected = true;
    // The entries or the workers may have failed because the server was away.
    const failed = entries.hasFailed ? 'the page' : workers.hasFailed ? 'a worker' : null;
    if (wasAway && failed !== null) reload.start(`${failed} could not start while the server was away`, null);
    wasAway = false;
  });
  connection.on('closed', () => {
    wasAway = true;
    if (connected) emit('ws:disconnect');
    connected = false;
  });
}
