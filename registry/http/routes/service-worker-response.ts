import { pathToUrl, type Path, type RegistryId } from '../../../schema/index.js';
import { blake3 } from '../../hash.js';
import { loaderVersion } from '../../pages/loader-page.js';
import type { LoaderName } from '../../pages/read-loader.js';
import { answer } from '../response/answer.js';
import type { DeployRequestContext } from '../site/worker-options.js';

export interface ServiceWorkerContext extends DeployRequestContext {
  readonly identity: RegistryId;
  readonly loader: (name: LoaderName) => Promise<Uint8Array>;
  readonly hot: () => Promise<Uint8Array>;
  readonly offlinePage: () => Promise<Uint8Array>;
  /** The page for routes of a single-page application. */
  readonly single: Path | null;
  /** The script of the service worker, without its settings. */
  readonly serviceWorker: () => Promise<Uint8Array>;
}

/** The service worker of this registry, which may have the site's root as its scope. */
export async function serviceWorkerResponse(
  context: ServiceWorkerContext,
  request: Request,
  headers: Headers,
): Promise<Response> {
  const { identity, base, prefix, single, page, serviceWorker, workerRuntime } = context;
  const runtime = await workerRuntime();
  const url = async (name: string, script: () => Promise<Uint8Array>) =>
    `${base}${prefix.slice(1)}${name}?v=${loaderVersion(await script())}`;
  const loader = (name: LoaderName) => url(name, () => context.loader(name));
  const config = {
    registry: identity,
    channel: page.channel,
    prefix: base + prefix.slice(1),
    root: base,
    single: single === null ? null : pathToUrl(single),
    watches: page.hot !== null,
    scripts: [
      await loader(page.fuse ? 'fused-loader.js' : 'loader.js'),
      await url('offline-page.js', context.offlinePage),
      ...(page.hot === null ? [] : [await url('hot.js', context.hot)]),
    ],
    runtime: { version: loaderVersion(runtime), text: Buffer.from(runtime).toString() },
  };
  const bytes = Buffer.concat([
    Buffer.from(`const __modcast_offline__ = ${JSON.stringify(config)};\n`),
    await serviceWorker(),
  ]);
  headers.set('Service-Worker-Allowed', config.root);
  // The browser asks for it again and again.
  const tag = blake3(bytes);
  return answer(request, { bytes, type: 'text/javascript', freshness: 'revalidate', tag }, headers);
}
