import { workerModuleUrl, type DeployName } from '../../importmap/deploy-url.js';
import { EMPTY_IMPORT_MAP, type ImportMap, type ImportMapJson } from '../../importmap/import-map.js';
import { parseImportMap } from '../../importmap/parse.js';
import { resolveInWorker, type Resolution } from '../../importmap/resolve.js';

/** Resolves the specifiers of a worker's modules. The names of modules are URLs, as no import map applies. */
export class WorkerResolver {
  readonly #map: ImportMap;
  readonly #root: string;
  readonly #deploy: DeployName;
  /** Natural URLs of replaced instances, with the URLs of the new instances. */
  readonly #renamed = new Map<string, string | undefined>();

  /** @param deploy in which the worker started */
  constructor(importMap: ImportMapJson | null, root: string, deploy: DeployName) {
    this.#map = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, root).map;
    this.#root = root;
    this.#deploy = deploy;
  }

  /** The URL of a natural URL in the worker's deploy. */
  inDeploy = (url: string): string => (url.startsWith(this.#root) ? workerModuleUrl(url, this.#deploy) : url);

  resolve(specifier: string, referrer: string): Resolution {
    return resolveInWorker(this.#map, specifier, referrer);
  }

  /** The URL from which the current instance of a module is imported. */
  name(url: string): string {
    return this.#renamed.get(url) ?? this.inDeploy(url);
  }

  /** The text for a specifier in a linked module. Undefined keeps the author's, and the browser's error. */
  written(specifier: string, referrer: string): string | undefined {
    const resolution = this.resolve(specifier, referrer);
    return resolution.state === 'resolved' ? this.name(resolution.url) : undefined;
  }

  /** Undefined removes the name. */
  rename(url: string, name: string | undefined): void {
    this.#renamed.set(url, name);
  }
}
