import { placeholderRoot } from '../importmap/index.js';
import type { OfflineMode, Path, RegistryId } from '../schema/index.js';
import type { Access } from './auth/allowed-origins.js';
import type { DeploysInUse } from './auth/deploys-in-use.js';
import type { HistoryAccess } from './auth/history-access.js';
import { systemClock } from './clock.js';
import type { Catalog } from './content/catalog.js';
import type { VerifiedBlobs } from './content/verified-blobs.js';
import type { RegistryEmitter } from './events.js';
import { DirectFusions } from './fuse/direct-fusions.js';
import { FacadeIndex } from './fuse/facade-index.js';
import type { Fusions } from './fuse/fusions.js';
import { createEditorRoute, type EditorRoute } from './http/routes/editor.js';
import { createFailureReportRoute } from './http/routes/failure-report.js';
import { createHandler, type Handler } from './http/handler.js';
import { HeadTagsMaker } from './http/pages/head-tags.js';
import { headSource } from './http/site/head-source.js';
import { health } from './http/routes/health.js';
import { createOpenInEditor } from './http/routes/open-in-editor.js';
import type { PageContext } from './http/pages/page-context.js';
import { prepareDirect } from './http/pages/prepare-direct.js';
import { RunDictionaries } from './http/response/run-dictionaries.js';
import { RenderedPages } from './http/pages/rendered-page.js';
import type { SiteSource } from './http/site/site-source.js';
import { NodeModulesAccess } from './http/site/node-modules-access.js';
import { directorySource } from './http/site/directory-source.js';
import type { LocalSite } from './local-site.js';
import type { ResolvedOptions } from './options.js';
import type { ReadBlob } from './pages/classic-scripts.js';
import { InjectedPages } from './pages/injected-pages.js';
import {
  readDirectFallback,
  readGuard,
  readHot,
  readLoader,
  readOfflinePage,
  readServiceWorker,
  readStarter,
  readWorkerRuntime,
  withIdentity,
  type LoaderName,
} from './pages/read-loader.js';
import { PublishService } from './publish/publish-service.js';
import { DeployPackageMaps } from './packages/deploy-package-map.js';
import { createPublishRoutes, type PublishRoutes } from './publish/publish-routes.js';
import type { Sockets } from './socket/sockets.js';
import type { Store } from './store/store.js';
import type { Served } from './transform/served-store.js';
import { transformedSource } from './transform/transformed-source.js';

/** What the parts of a registry share. */
export interface Core {
  readonly options: ResolvedOptions;
  readonly events: RegistryEmitter;
  /** Absolute; null when the registry serves no directory. It may be a link that moves. */
  readonly directory: string | null;
  readonly store: Store;
  /** What browsers get of it. */
  readonly served: Served;
  /** The store's. */
  readonly identity: RegistryId;
  readonly blobs: VerifiedBlobs;
  /** Null where modules run singly. */
  readonly fusions: Fusions | null;
  /** The same, or else what was joined before: open pages run it. */
  readonly joined: Fusions;
  readonly catalog: Catalog;
  readonly history: HistoryAccess;
  /** The deploys that connected pages run. */
  readonly inUse: DeploysInUse;
  readonly access: Access;
  /** Lets a page open files in the author's editor. Another one for each run. */
  readonly editorToken: string;
  readonly onError: (error: unknown) => void;
}

export interface RequestHandling {
  /** With all routes of the registry. */
  readonly handler: Handler;
  readonly headTags: HeadTagsMaker;
  readonly rendered: RenderedPages;
}

export function createRequestHandling(core: Core, site: LocalSite | null, sockets: Sockets): RequestHandling {
  const { options, store } = core;
  const { channel, boot, timeout, progress, fuse, overlay } = options;
  const hot = site?.isHot === true ? { overlay, assetChanges: () => site.assetChanges } : null;
  const loaders = new Map<LoaderName, Promise<Uint8Array>>();
  const loader = (name: LoaderName) => {
    const known = loaders.get(name);
    if (known !== undefined) return known;
    const read = readLoader(name).then((bytes) => withIdentity(bytes, core.identity));
    loaders.set(name, read);
    return read;
  };
  const readBlob: ReadBlob = async (hash) => (await core.blobs.one(hash))?.bytes;
  const source = siteSource(core);
  const pageContext: PageContext = {
    catalog: core.catalog,
    identity: core.identity,
    base: options.base,
    prefix: options.prefix,
    page: { channel, boot, timeout, progress, fuse, hot, offline: offlineMode(options.offline) },
    pages: new InjectedPages(readBlob, { root: placeholderRoot(options.base) }),
    packageMaps: new DeployPackageMaps(readBlob, placeholderRoot(options.base)),
    loader,
    direct: new DirectFusions({
      fusions: core.joined,
      blobs: core.blobs,
      root: placeholderRoot(options.base),
      prefix: options.base + options.prefix.slice(1),
    }),
    starter: readStarter,
    directFallback: readDirectFallback,
    guard: readGuard,
    hot: readHot,
    offlinePage: readOfflinePage,
    onUnchanged: (page, { code, directive }) => core.events.emit('unchanged', page, code, directive ?? null),
  };
  const { fusions, onError } = core;
  const { direct, base } = pageContext;
  const dictionaries = new RunDictionaries();
  const facades = new FacadeIndex({ fusions: core.joined, direct, base });
  if (fusions !== null) prepareDirect({ fusions, direct, facades, channel, base, dictionaries, onError });
  const headTags = new HeadTagsMaker(pageContext, source !== null);
  const handler = createHandler({
    ...core,
    ...pageContext,
    store: core.served.store,
    isMade: (hash) => core.served.isMade(hash),
    mapOf: (hash) => core.served.mapOf(hash),
    headTags,
    site: source,
    trustProxy: options.trustProxy,
    single: singlePage(options.single),
    workerRuntime: () => readWorkerRuntime(hot !== null),
    serviceWorker: readServiceWorker,
    fusions: core.joined,
    dictionaries,
    facades,
    health: () => health(store, core.identity, sockets.size),
    publish: publishRoutes(core),
    editor: hot === null ? null : editorRoute(core),
    failureReport: createFailureReportRoute({
      access: core.access,
      clock: systemClock,
      onFailed: (report) => core.events.emit('failed', report),
    }),
  });
  return { handler, headTags, rendered: new RenderedPages(pageContext, readBlob) };
}

const offlineMode = (option: boolean | 'all'): OfflineMode =>
  option === 'all' ? 'all' : option ? 'used' : 'off';

const singlePage = (option: boolean | string): Path | null =>
  typeof option === 'string' ? option : option ? 'index.html' : null;

/** Where the site's own files come from; null when another server serves them. */
function siteSource({ options, directory, catalog, blobs, served }: Core): SiteSource | null {
  const { channel } = options;
  const head = headSource({ catalog, blobs, channel });
  if (directory !== null) {
    const files = directorySource(directory, head, new NodeModulesAccess(catalog, blobs, channel));
    return transformedSource(files, { catalog, blobs, channel, served });
  }
  return options.serveHead ? head : null;
}

function publishRoutes(core: Core): PublishRoutes {
  const { options, directory, store, served, catalog, history, access, events, onError } = core;
  return createPublishRoutes({
    store,
    history,
    publishing: new PublishService({ store, now: Date.now }),
    access,
    followed: directory === null ? null : options.channel,
    clock: systemClock,
    now: Date.now,
    onCommit: async ({ created, ...head }) => {
      if (catalog.moveHead(await served.head(head)) && created) events.emit('published', head.deploy);
    },
    onError,
  });
}

function editorRoute({ directory, access, editorToken }: Core): EditorRoute | null {
  if (directory === null) return null;
  const open = createOpenInEditor(systemClock);
  return createEditorRoute({ directory, token: editorToken, access, clock: systemClock, open });
}
