import type { Channel, OfflineMode, Path, RegistryId } from '../../../schema/index.js';
import type { Catalog } from '../../content/catalog.js';
import type { DirectFusions } from '../../fuse/direct-fusions.js';
import type { DeployPackageMaps } from '../../packages/deploy-package-map.js';
import type { InjectedPages } from '../../pages/injected-pages.js';
import type { LoaderName } from '../../pages/read-loader.js';
import type { Unchanged } from '../../pages/unchanged-page.js';

/** Settings that the loader reads from the attributes of its script tag. */
export interface PageOptions {
  readonly channel: Channel;
  readonly boot: 'fresh' | 'cached';
  /** Milliseconds that a page waits for the socket to connect. */
  readonly timeout: number;
  readonly progress: boolean;
  /** Whether pages run joined modules. */
  readonly fuse: boolean;
  /** What browsers keep for when the server is away. */
  readonly offline: OfflineMode;
  /** Settings of hot reload; null when the directory is not watched. */
  readonly hot: {
    readonly overlay: boolean;
    /** Changes so far of files that are in no deploy. */
    readonly assetChanges: () => number;
  } | null;
}

export interface PageContext {
  readonly catalog: Catalog;
  readonly identity: RegistryId;
  /** Where browsers find the site. Starts and ends with "/". */
  readonly base: string;
  /** Of the registry's routes, below `base`. Starts and ends with "/". */
  readonly prefix: string;
  readonly page: PageOptions;
  readonly pages: InjectedPages;
  readonly packageMaps: DeployPackageMaps;
  readonly loader: (name: LoaderName) => Promise<Uint8Array>;
  /** For pages that start without the loader. Null where modules run singly. */
  readonly direct: DirectFusions;
  /** The source text of the first script of these. */
  readonly starter: () => Promise<string>;
  readonly directFallback: () => Promise<Uint8Array>;
  /** The source text of the guard. */
  readonly guard: () => Promise<string>;
  /** The hot reload script. */
  readonly hot: () => Promise<Uint8Array>;
  /** The script of offline use in pages. */
  readonly offlinePage: () => Promise<Uint8Array>;
  /** Policies that the headers of this response have already, as `policiesOfHeaders` returns them. */
  readonly policies?: readonly string[];
  /** Called when a page is served without the loader although its author did not ask for that. */
  readonly onUnchanged: (page: Path, reason: Unchanged) => void;
}

export interface PagePlace {
  /** The path at which the page is shown, with `index.html` for that of a directory. */
  readonly path: Path;
  /**
   * The file. Another one than `path` for a clean URL, a route of a single-page application, and a 404 page.
   */
  readonly name: Path;
}
