import { ModuleGraph, ResolvedImports } from '../../importmap/graph.js';
import type { Manifest } from '../../schema/manifest.js';
import type { Release } from '../transport/channel-client.js';
import { changedPaths } from './updates/changes.js';
import { Contexts } from './contexts.js';
import { createDescribe } from './errors/describe.js';
import { Entries } from './updates/entries.js';
import { Failure, GoneFailure } from './errors/failure.js';
import { ImporterGraph } from './modules/importer-graph.js';
import { PendingImports } from './updates/pending-imports.js';
import type { CreateHot, Hot, HotPorts } from './ports.js';
import { createProblems, isOfPage } from './errors/error-display.js';
import { Reload, restoreScroll } from './updates/reload.js';
import { listenToServer } from './server-news.js';
import { UpdateQueue } from './updates/queue.js';
import { ModuleRecords } from './modules/module-records.js';
import { collectWindowErrors, isScript } from './errors/window-errors.js';

const NONE: ReadonlySet<string> = new Set();

/** What the site was when the page came from it: its style sheets and other files did not wait for the socket's word. */
async function servedManifest(
  { config, fetchManifest }: HotPorts,
  release: Release,
): Promise<Manifest | null> {
  const deploy = config.hot?.deploy ?? null;
  return deploy === null || deploy === release.deploy ? release.manifest : fetchManifest(deploy);
}

/** A page that runs without the registry's modules: whatever changes, it is loaded again. */
function createNative(ports: HotPorts): Hot {
  const { channelClient } = ports;
  const { problems, editor } = createProblems(ports, {
    isUsed: ({ kind, path }) => kind === 'syntax' || kind === 'import' || isOfPage(ports, kind, path),
    reaches: () => false,
  });
  const reload = new Reload(null, ports);
  const assets = (paths: readonly string[]) => {
    if (ports.announce(channelClient.head?.deploy ?? 0, paths)) reload.start(paths.join(', '));
  };
  listenToServer(ports, { problems, editor, assets, other() {} });
  let known: Release | undefined;
  channelClient.on('complete', ({ release }) => {
    const served = ports.config.hot?.deploy ?? release.deploy;
    // Which of the changes since then the page has seen nobody knows.
    if (known === undefined && served !== release.deploy) return reload.start(`deploy ${release.deploy}`);
    const changed = known === undefined ? [] : changedPaths(known.manifest, release.manifest);
    known = release;
    if (changed.length > 0 && ports.announce(release.deploy, changed)) reload.start(changed.join(', '));
  });
  const unused = () => Promise.reject(new Error('this page runs natively'));
  return {
    context: unused as never,
    import: unused,
    newest: (url) => import(url),
    prefetch: () => Promise.resolve(),
    booted: restoreScroll,
    idle: () => reload.stays(),
  };
}

export const createHot: CreateHot = (ports) => {
  if (ports.pageDeploy === null) return createNative(ports);
  const { pageDeploy, blobPool, channelClient, connection, config } = ports;
  const versions = new ModuleRecords({ ...ports, pageDeploy });
  const importers = new ImporterGraph(versions, pageDeploy.entries);
  const entries = new Entries(ports.after);
  const pending = new PendingImports(versions);
  const describe = createDescribe({ ...ports, pageDeploy }, versions);
  const { problems, editor } = createProblems(ports, {
    isUsed: ({ kind, path }) => versions.runs(path) || isOfPage(ports, kind, path),
    reaches: (path, other) => describe.below(path).includes(other),
  });
  const isUncaught = collectWindowErrors();
  let resolveBooted!: () => void;
  const booted = new Promise<void>((resolve) => (resolveBooted = resolve));
  const unsent: { readonly topic: string; readonly data: unknown }[] = [];
  // In JSON there is no undefined.
  const send = (topic: string, data: unknown = null) => {
    const open = channelClient.head !== undefined && unsent.length === 0;
    if (!open || !connection.send({ type: 'message', topic, data })) unsent.push({ topic, data });
  };
  const contexts = new Contexts({
    resolve(specifier, referrer) {
      const resolution = pageDeploy.resolver.resolve(specifier, referrer);
      if (resolution.state === 'resolved') return resolution.url;
      throw new TypeError(`import.meta.hot.accept: ${resolution.reason}`);
    },
    invalidate: (url, message) => updates.invalidate(url, message),
    send,
  });
  const reload = new Reload(contexts, ports);
  const updates = new UpdateQueue({
    ports: { ...ports, pageDeploy },
    versions,
    importers,
    pending,
    entries,
    contexts,
    problems,
    reload: (reason) => reload.start(reason),
    describe: describe.error,
    survey: () => survey(),
    booted,
  });

  let missing = versions.begin(pageDeploy.entries);
  const survey = async (): Promise<boolean> => {
    while (missing.size > 0) {
      const asked = missing;
      await channelClient.need(asked, false);
      missing = versions.begin(pageDeploy.entries);
      if ([...asked].some((hash) => missing.has(hash))) return false;
    }
    return true;
  };

  listenToServer(ports, {
    problems,
    editor,
    assets(paths) {
      if (ports.announce(channelClient.head?.deploy ?? 0, paths)) reload.start(paths.join(', '));
    },
    other: (topic, data) => contexts.emitCustom(topic, data),
  });
  let connected = channelClient.head !== undefined;
  let wasAway = false;
  channelClient.on('head', () => {
    if (!connected) contexts.emit('ws:connect', {});
    connected = true;
    // It may be that the server was gone when it was asked for what the page starts from.
    if (wasAway && entries.hasFailed) return reload.start('it could not start while the server was away');
    wasAway = false;
    while (unsent[0] !== undefined && connection.send({ type: 'message', ...unsent[0] })) unsent.shift();
  });
  connection.on('closed', () => {
    wasAway = true;
    if (connected) contexts.emit('ws:disconnect', {});
    connected = false;
  });
  channelClient.on('complete', ({ release }) => updates.deliver(release));

  return {
    context: (url, instance) => contexts.create(url, instance),
    booted() {
      performance.setResourceTimingBufferSize(10_000);
      restoreScroll();
      entries.begin(
        pageDeploy.entries,
        (url) => versions.import(url),
        (url, error) => {
          // An inline script may import what it can do without.
          if (isScript(url) || isUncaught(error))
            problems.addAtStart(describe.error(error, versions.pathOf(url)));
        },
      );
      // What came while the page booted, it does not run yet.
      if (channelClient.complete !== undefined) updates.deliver(channelClient.complete);
      void servedManifest(ports, pageDeploy.release).then((manifest) => {
        if (manifest === null) reload.start('it is not known what has changed since it was served');
        else updates.begin(manifest);
        resolveBooted();
      });
    },
    prefetch(urls) {
      const site = {
        root: config.root,
        manifest: channelClient.complete?.manifest ?? versions.site.manifest,
      };
      const graph = new ModuleGraph(
        site,
        new ResolvedImports(pageDeploy.resolver),
        (hash) => blobPool.get(hash)?.links,
      );
      return channelClient.needClosure(graph, urls);
    },
    async idle() {
      await updates.idle();
      await reload.stays();
    },
    async import(importer, url, options) {
      importers.record(importer, url);
      if (ports.targets === 'http') {
        await pageDeploy.linker.ensure(url);
        return versions.import(url, options);
      }
      // A module that cannot be had the browser reports in its own words.
      const batch = versions.running.has(url)
        ? null
        : await versions.make([url], NONE, 'run').catch((error: unknown) => {
            if (error instanceof Failure && !(error instanceof GoneFailure)) return null;
            throw error;
          });
      try {
        const module = await pending.import(url, options);
        if (!versions.running.has(url)) versions.leave(url);
        return module;
      } catch (error) {
        if (batch !== null) {
          const held = importers.heldElsewhere(batch, url);
          versions.rollback(batch, (made) => !held.has(made));
        }
        throw error;
      }
    },
    async newest(url) {
      importers.record(null, url);
      const force = versions.staleBelow(url);
      if (force.size === 0 && versions.running.has(url)) return versions.import(url);
      const batch = await versions.make([url], force);
      const old = [...batch.before.values()].flatMap((version) => version ?? []);
      for (const { url: replaced, target } of old) await contexts.dispose(replaced, target ?? '');
      try {
        const module = await versions.import(url);
        for (const version of batch.made.values()) importers.renew(version);
        for (const { target } of old) contexts.drop(target ?? '');
        versions.supersede(old.flatMap(({ target }) => target ?? []));
        versions.tidy();
        return module;
      } catch (error) {
        versions.rollback(batch);
        throw error;
      }
    },
  };
};
