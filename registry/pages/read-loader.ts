import { readFile } from 'node:fs/promises';
import { REGISTRY_PLACEHOLDER, type RegistryId } from '../../schema/index.js';

const scripts = new Map<string, Promise<Uint8Array>>();

/** Reads a built script from `dist`, also when this file runs from source. */
function readScript(name: string): Promise<Uint8Array> {
  let script = scripts.get(name);
  if (script === undefined) {
    script = readFile(new URL(`../../loader/${name}`, import.meta.url)).catch(() =>
      readFile(new URL(`../../dist/loader/${name}`, import.meta.url)),
    );
    scripts.set(name, script);
  }
  return script;
}

/**
 * The names of the two loaders, also in URLs. `loader.js` runs in any page, and knows single modules only.
 * `fused-loader.js` knows runs of joined modules too, and needs a page with a guard.
 */
export type LoaderName = 'loader.js' | 'fused-loader.js';

export const readLoader = (name: LoaderName): Promise<Uint8Array> => readScript(name);

/**
 * The loader of one registry. It contains the registry's identity, for pages whose author wrote the loader's
 * tag.
 */
export function withIdentity(loader: Uint8Array, identity: RegistryId): Uint8Array {
  const text = Buffer.from(loader.buffer, loader.byteOffset, loader.byteLength).toString('latin1');
  return new Uint8Array(Buffer.from(text.replace(REGISTRY_PLACEHOLDER, identity), 'latin1'));
}

const readOnOneLine = async (name: string): Promise<string> =>
  Buffer.from(await readScript(name))
    .toString()
    .trim()
    .replaceAll('\n', ' ');

/** The guard's source text, on one line: the lines of a page keep their numbers. */
export const readGuard = (): Promise<string> => readOnOneLine('guard.js');

/** The source text, on one line, of the first script of pages that start without the loader. */
export const readStarter = (): Promise<string> => readOnOneLine('direct.js');

/** What such a page loads in case that its first script cannot run. */
export const readDirectFallback = (): Promise<Uint8Array> => readScript('direct-fallback.js');

/** The hot reload script, which the loader loads when the server watches. */
export const readHot = (): Promise<Uint8Array> => readScript('hot.js');

/** The script of offline use, which the loader loads when the server offers that. */
export const readOfflinePage = (): Promise<Uint8Array> => readScript('offline-page.js');

/** The script of the service worker, without its settings. */
export const readServiceWorker = (): Promise<Uint8Array> => readScript('offline.js');

/**
 * The script that defines `__modcast__` in workers.
 *
 * @param isHot whether the server watches, so that it replaces modules too
 */
export const readWorkerRuntime = (isHot: boolean): Promise<Uint8Array> =>
  readScript(isHot ? 'worker-hot.js' : 'worker.js');
