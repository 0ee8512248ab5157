import { randomBytes } from 'node:crypto';
import { placeholderRoot } from '../importmap/index.js';
import { LIMITS, type Hash } from '../schema/index.js';
import { createAccess } from './auth/allowed-origins.js';
import { DeploysInUse } from './auth/deploys-in-use.js';
import { HistoryAccess } from './auth/history-access.js';
import { Cleanup } from './cleanup.js';
import { systemClock } from './clock.js';
import { Catalog } from './content/catalog.js';
import { DerivedBlobs, sendable } from './content/derived-blobs.js';
import { Packs } from './content/packs.js';
import { pastDeploys } from './content/past-deploys.js';
import { VerifiedBlobs } from './content/verified-blobs.js';
import type { RegistryEmitter } from './events.js';
import { FuseStore } from './fuse/fuse-store.js';
import { Fuser } from './fuse/fuser.js';
import { Fusions } from './fuse/fusions.js';
import { logRequests } from './http/log-requests.js';
import { toListener } from './http/server/node.js';
import { HttpServers } from './http/server/servers.js';
import { openRoot } from './ingest/files.js';
import type { IngestResult } from './ingest/ingest.js';
import { LocalSite } from './local-site.js';
import { openStore } from './open-store.js';
import type { ResolvedOptions } from './options.js';
import { createRequestHandling, type Core, type RequestHandling } from './request-handler.js';
import { followHeads } from './socket/follow-heads.js';
import { Session } from './socket/session.js';
import { Sockets } from './socket/sockets.js';
import { Turns } from './socket/turns.js';
import type { Store } from './store/store.js';
import { createServed } from './transform/create-served.js';

/** What a running registry consists of. */
export interface Services extends RequestHandling {
  readonly store: Store;
  readonly catalog: Catalog;
  /** Null where modules run singly. */
  readonly fusions: Fusions | null;
  readonly sockets: Sockets;
  readonly servers: HttpServers;
  /** Null without a directory. */
  readonly site: LocalSite | null;
  /** The result of the first scan; null without a directory. */
  readonly firstScan: IngestResult | null;
  /** Stops everything. */
  close(): Promise<void>;
}

/**
 * Opens the store, reads the directory and follows it. Closes what it has opened when a step fails.
 *
 * @throws ModcastError `directory-invalid`, `store-locked` and the other codes of the store
 */
export async function startServices(options: ResolvedOptions, events: RegistryEmitter): Promise<Services> {
  const cleanup = new Cleanup();
  try {
    return await start(options, events, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(options: ResolvedOptions, events: RegistryEmitter, cleanup: Cleanup): Promise<Services> {
  const core = await openCore(options, events, cleanup);
  const { store, directory, onError } = core;
  const site: LocalSite | null =
    directory === null
      ? null
      : new LocalSite({
          ...core,
          directory,
          clock: systemClock,
          send: (topic, data) => sockets.send(options.channel, topic, data),
        });
  const sockets = createSockets(core, site);
  const handling = createRequestHandling(core, site, sockets);
  const handler = logRequests(handling.handler);
  const listener = toListener((request, _, isLast) => handler(request, [], isLast), onError);
  const servers = new HttpServers({ sockets, clients: options.clients, listener, onError });
  cleanup.add(() => servers.close());
  cleanup.add(() => sockets.close());
  const heads = followOtherProcesses(core);
  cleanup.add(() => heads.close());
  if (site !== null) cleanup.add(() => site.close());
  const firstScan = site === null ? null : await site.start();
  const { catalog, fusions } = core;
  // What was published while no server ran is joined before the first request.
  if (site === null) fusions?.begin(options.channel);
  return {
    ...handling,
    store,
    catalog,
    fusions,
    handler,
    sockets,
    servers,
    site,
    firstScan,
    close: () => cleanup.run(),
  };
}

async function openCore(options: ResolvedOptions, events: RegistryEmitter, cleanup: Cleanup): Promise<Core> {
  const directory = options.directory === null ? null : await openRoot(options.directory);
  const store = await openStore(options, directory, cleanup);
  const { channel, base, transforms } = options;
  const onDamaged = (hash: Hash, repaired: boolean) => events.emit('damaged', hash, repaired);
  const derived = new DerivedBlobs(store);
  const sources = new VerifiedBlobs({ store, channel, directory, onDamaged });
  const followed = directory === null ? null : channel;
  const served = createServed({ store, derived, sources, followed, base, transforms });
  const blobs = new VerifiedBlobs({ store: served.store, channel, directory, onDamaged });
  const catalog = new Catalog(served.store, blobs, placeholderRoot(base));
  const joined = createFusions(options, directory, blobs, derived, events, cleanup);
  joined.follow(catalog, pastDeploys(served.store));
  const inUse = new DeploysInUse();
  const { publicHistory } = options;
  return {
    options,
    events,
    directory,
    store,
    served,
    identity: await store.identity(),
    blobs,
    fusions: options.fuse ? joined : null,
    joined,
    catalog,
    inUse,
    history: new HistoryAccess({ store: served.store, catalog, inUse, publicHistory, now: Date.now }),
    access: createAccess(options.allowedHosts, options.allowedOrigins),
    editorToken: randomBytes(18).toString('base64url'),
    onError: (error) => events.emit('error', error),
  };
}

function createFusions(
  { watch, channel, base, fuse: joins }: ResolvedOptions,
  directory: string | null,
  blobs: VerifiedBlobs,
  derived: DerivedBlobs,
  events: RegistryEmitter,
  cleanup: Cleanup,
): Fusions {
  const fuseStore = new FuseStore(derived, placeholderRoot(base));
  const watched = joins && directory !== null && watch !== false ? channel : null;
  const fuser = new Fuser({ blobs, store: fuseStore, isWatching: watched !== null });
  const onError = (error: unknown) => events.emit('error', error);
  const parts = { fuser, store: fuseStore, derived, clock: systemClock };
  const fusions = new Fusions({ ...parts, watched, onError, joins });
  cleanup.add(() => {
    fusions.close();
    return fuser.close();
  });
  return fusions;
}

function createSockets(
  { options, events, identity, blobs, fusions, joined, catalog, inUse, history, access }: Core,
  site: LocalSite | null,
) {
  const packs = new Packs(fusions === null ? blobs : sendable(blobs, (hash) => fusions.bytes(hash)));
  const turns = new Turns();
  const sockets = new Sockets({
    access,
    identity,
    path: `${options.prefix}socket`,
    proxy: options,
    clock: systemClock,
    clients: options.clients,
    createSession: (transport) =>
      new Session({
        catalog,
        packs,
        fusions,
        recall: (deploy) => joined.recall(deploy),
        identity,
        history,
        inUse,
        transport,
        clock: systemClock,
        turns,
        events: {
          booted: (report) => events.emit('booted', report),
          failed: (report) => events.emit('failed', report),
          message: (topic, data) => events.emit('message', topic, data),
          error: (error) => events.emit('error', error),
        },
        news: (channel) => (channel === options.channel ? (site?.news() ?? []) : []),
      }),
  });
  catalog.onHead(({ deploy }) => {
    for (const session of sockets.sessions) {
      if (session.channel === deploy.channel) void session.update();
    }
  });
  return sockets;
}

function followOtherProcesses({ catalog, directory, options, events, onError }: Core) {
  return followHeads({
    catalog,
    clock: systemClock,
    ms: LIMITS.headPollMs,
    onHead: ({ deploy }) => {
      // A local site reports the deploys of its own channel itself.
      if (directory === null || deploy.channel !== options.channel) events.emit('published', deploy);
    },
    onError,
  });
}
