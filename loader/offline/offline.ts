import { fusionOfUrl, manifestOfUrl, withoutDeploy } from '../../importmap/deploy-url.js';
import { fileAt, moduleAt, naturalUrl } from '../../importmap/site.js';
import type { Hash } from '../../schema/hash.js';
import type { LoaderConfig } from '../config.js';
import { DATABASE } from '../cache/cache.js';
import { holdDeploy } from '../cache/held-deploys.js';
import { offlineDatabase } from '../service-worker/kept-files.js';
import { ask, askToKeep } from './ask.js';
import { atRest } from './at-rest.js';
import { removalChannel, USED_QUESTION, usedChannel } from './messages.js';

import { observeRequests } from './observed-requests.js';
import type { Offline, OfflineOptions } from './offline-api.js';
import type { OfflinePorts } from './start-offline.js';

/** Offline use of one page, by the service worker of its registry. */
export function createOffline(ports: OfflinePorts): Offline {
  const { config, page, trustedUrl, removal } = ports;
  const { prefix, root } = config;
  const url = `${prefix}offline.js`;
  const container = (): ServiceWorkerContainer => {
    if (navigator.serviceWorker === undefined) throw new Error('there are no service workers here');
    return navigator.serviceWorker;
  };

  const scriptOf = ({ active, waiting, installing }: ServiceWorkerRegistration) =>
    (active ?? waiting ?? installing)?.scriptURL;

  /** Leaves a service worker of the site's own. */
  const register = async () => {
    const workers = container();
    let before = await workers.getRegistration(root);
    // The site or another tab registers it right now: it has no worker before its script has come.
    while (before !== undefined && scriptOf(before) === undefined) {
      await nextUpdate(before);
      before = await workers.getRegistration(root);
    }
    if (before !== undefined && scriptOf(before) !== url)
      return { registration: before, isOurs: false, time: Date.now() };
    const options = { scope: root, updateViaCache: 'none' } as const;
    const registration = await workers.register(trustedUrl(url), options);
    return { registration, isOurs: true, time: Date.now() };
  };
  let registered: ReturnType<typeof register> | undefined;

  const requested = observeRequests();

  if (page.release !== null) holdDeploy(page.release.hash);

  const keep = async (
    { all = config.offline?.all ?? false, persist = false, onProgress }: OfflineOptions,
    isAutomatic: boolean,
  ) => {
    const { release } = page;
    if (release === null) throw new Error('the page runs without modcast');
    // The registration may be on its way.
    await registered?.catch(() => {});
    // A tab may have unregistered it. Then `navigator.serviceWorker.ready` is still the former one.
    if (!isAutomatic && (await container().getRegistration(root)) === undefined) registered = undefined;
    const { registration, isOurs, time } = await (registered ??= register());
    if (persist) await navigator.storage.persist();
    const site = { root, manifest: release.manifest };
    // What workers of joined modules import is made of several files.
    const isFile = (name: string) =>
      fusionOfUrl(name) !== undefined || fileAt(site, withoutDeploy(name)) !== undefined;
    const used = [
      ...usedByPage(requested(), isFile),
      ...(await usedByWorkers(release.hash)).filter(isFile),
      ...(all && config.direct ? await directUrls(config) : []),
    ];
    await cacheModules(ports, all ? undefined : used);
    const request = {
      modcast: 'keep',
      registry: config.registry!,
      prefix,
      manifest: release.hash,
      number: release.deploy,
      isolated: globalThis.crossOriginIsolated === true,
      page: location.href,
      used,
      all,
      registered: isAutomatic ? time : null,
    } as const;
    const { active } = registration;
    // It may be that of a prefix which the registry had before.
    const isOwn = active !== null && (!isOurs || active.scriptURL === url);
    const worker = isOwn ? active : await newest(registration);
    const kept = await askToKeep(worker, request, onProgress);
    if (kept !== null) return kept;
    // The service worker is that of a registry that was here before.
    await registration.update();
    const again = await askToKeep(await newest(registration), request, onProgress);
    if (again === null) throw new Error('another registry has its service worker here');
    return again;
  };

  const remove = async () => {
    const registration = await container().getRegistration(root);
    if (registration !== undefined && scriptOf(registration) === url) {
      const { active } = registration;
      // One that does not answer goes all the same.
      if (active !== null) await ask(active, { modcast: 'unregister' }, () => true).catch(() => {});
      await registration.unregister();
    }
    for (const name of [DATABASE, offlineDatabase(new URL(root).pathname)]) await deleteDatabase(name);
    for (const storage of [localStorage, sessionStorage])
      for (const key of Object.keys(storage)) if (key.startsWith('modcast ')) storage.removeItem(key);
  };

  let removing: Promise<void> | undefined;

  return {
    async start() {
      const manifest = page.release?.hash;
      if (manifest !== undefined)
        await atRest({
          byPage: () => [...requested().keys()],
          byWorkers: () => usedByWorkers(manifest),
          isWorker: (url) => manifestOfUrl(url) === manifest,
          now: () => performance.now(),
        });
      if (removal.has) return removal.close();
      try {
        const { isOurs } = await (registered ??= register());
        if (isOurs && !removal.has) await keep({}, true);
      } finally {
        removal.close();
        if (removal.has) await (removing = remove());
      }
    },

    async keep(options) {
      // The page wants it again.
      removal.has = false;
      await removing?.catch(() => {});
      return keep(options, false);
    },

    async unregister() {
      const channel = new BroadcastChannel(removalChannel(root));
      channel.postMessage(null);
      channel.close();
      await remove();
    },
  };
}

/**
 * Brings modules that are used, or all of the deploy, into the cache of pages, over the socket: pages run
 * some of them, workers others.
 */
async function cacheModules(
  { config, page, channelClient, cacheWriter }: OfflinePorts,
  used?: readonly string[],
) {
  const { release, pageDeploy, hot } = page;
  const site = { root: config.root, manifest: release!.manifest };
  const urls =
    used?.filter((url) => fusionOfUrl(url) === undefined).map(withoutDeploy) ??
    [...site.manifest.modules.keys()].map((path) => naturalUrl(site.root, path));
  const modules = urls.filter((url) => moduleAt(site, url) !== undefined);
  await (hot ?? pageDeploy?.linker)?.prefetch([...new Set(modules)]);
  await channelClient.idle();
  await cacheWriter.flush();
}

/**
 * What the page has requested. What a script has fetched may be an answer to one user, unless it is a file.
 *
 * @param isFile whether the deploy has a file at a URL
 */
const usedByPage = (requested: ReadonlyMap<string, string>, isFile: (url: string) => boolean): string[] =>
  [...requested]
    .filter(([url, initiator]) => isFile(url) || !/^(?:fetch|xmlhttprequest|beacon|other)$/.test(initiator))
    .map(([url]) => url);

/** URLs of all modules of the deploy of a page that has started without the loader. */
async function directUrls({ prefix, deploy }: LoaderConfig): Promise<string[]> {
  const response = await fetch(`${prefix}direct/${deploy!.fusion}/`);
  if (!response.ok) throw new Error(`deploy ${deploy!.number} is gone`);
  return ((await response.json()) as string[]).map((url) => new URL(url, prefix).href);
}

/** Milliseconds that workers have to answer. How many there are is unknown. */
const ANSWER_MS = 250;

/** What the workers of a deploy have requested. The page does not see it. */
async function usedByWorkers(manifest: Hash): Promise<string[]> {
  const channel = new BroadcastChannel(usedChannel(manifest));
  const used: string[] = [];
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (Array.isArray(data)) used.push(...data.map(String));
  };
  channel.postMessage(USED_QUESTION);
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  channel.close();
  return used;
}

/** The worker that replaces the active one, when it is active; that one where none does. */
async function newest({ installing, waiting, active }: ServiceWorkerRegistration): Promise<ServiceWorker> {
  const next = installing ?? waiting;
  if (next === null) return active!;
  while (next.state !== 'activated' && next.state !== 'redundant')
    await new Promise((resolve) => next.addEventListener('statechange', resolve, { once: true }));
  return next;
}

/** Milliseconds between two looks at a registration. One whose script does not come tells nothing. */
const LOOK_MS = 200;

/** Resolves when a registration has a new worker, or has to be looked at again. */
const nextUpdate = (registration: ServiceWorkerRegistration): Promise<void> =>
  new Promise((resolve) => {
    registration.addEventListener('updatefound', () => resolve(), { once: true });
    setTimeout(resolve, LOOK_MS);
  });

const deleteDatabase = (name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error!);
  });
