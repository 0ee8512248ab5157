import { EMPTY_IMPORT_MAP } from '../../../importmap/import-map.js';
import { parseImportMap } from '../../../importmap/parse.js';
import { resolveInWorker } from '../../../importmap/resolve.js';
import type { ModuleGraph } from '../../../importmap/graph.js';
import { pathOfUrl } from '../../../importmap/site.js';
import type { Manifest } from '../../../schema/manifest.js';
import type { Path } from '../../../schema/path.js';
import { siteGraph } from '../../linking/site-graph.js';
import type { Release } from '../../transport/channel-client.js';
import type { PagePorts } from '../ports.js';
import { importedScripts } from './imported-scripts.js';
import type { RunningWorker } from './running-worker.js';

/** Paths. `all` where these are unknown: a classic worker computes what it imports, or blobs are missing. */
export type Files = ReadonlySet<Path> | 'all';

/** Which files workers and worklets run, as far as the page can tell without asking them. */
export class WorkerModules {
  readonly #ports: Pick<PagePorts, 'config' | 'blobPool' | 'channelClient'>;
  /** A graph keeps what it has resolved, also when blobs are evicted. */
  readonly #graphs = new WeakMap<Manifest, ModuleGraph>();

  constructor(ports: Pick<PagePorts, 'config' | 'blobPool' | 'channelClient'>) {
    this.#ports = ports;
  }

  /** The files of the release with which a worker started. */
  async of(worker: RunningWorker): Promise<Files> {
    const { config, channelClient } = this.#ports;
    const { first, roots, started } = worker;
    if (!started.isModule) return importedScripts([...roots][0]!, { ...this.#ports, release: first });
    const graph = this.#graphOf(first);
    // A worker that says nothing may have made each of its `import()` calls. Worklets have none.
    const guesses = !worker.hasGreeted && started.kind !== 'Worklet';
    const reached = (urls: Iterable<string>) =>
      guesses ? graph.reachable(urls) : graph.closure(urls).modules;
    const missing = (urls: readonly string[]) => graph.closure(urls);
    let urls: readonly string[] = [...roots];
    for (;;) {
      await channelClient.needClosure({ closure: missing }, urls);
      const next = [...new Set([...roots, ...reached(roots).map(({ url }) => url)])];
      if (next.length === urls.length) break;
      urls = next;
    }
    const { missing: unknown, outside: absent } = graph.closure(urls);
    // The server may be away.
    if (unknown.size > 0) return 'all';
    // What is absent may come: the worker could not start without it.
    const outside = absent.keys();
    return new Set([...urls, ...outside].flatMap((url) => pathOfUrl(config.root, url) ?? []));
  }

  #graphOf({ manifest }: Release): ModuleGraph {
    const { config, blobPool } = this.#ports;
    let graph = this.#graphs.get(manifest);
    if (graph === undefined) {
      const { root } = config;
      const { importMap } = manifest;
      const map = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, root).map;
      const resolver = {
        resolve: (specifier: string, referrer: string) => resolveInWorker(map, specifier, referrer),
      };
      graph = siteGraph({ root, manifest }, resolver, blobPool);
      this.#graphs.set(manifest, graph);
    }
    return graph;
  }
}
