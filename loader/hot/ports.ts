import type { Manifest } from '../../schema/manifest.js';
import type { LoaderConfig } from '../config.js';
import type { Connection } from '../transport/connection.js';
import type { Outbox } from '../transport/outbox.js';
import type { BlobPool } from '../cache/blob-pool.js';
import type { ChannelClient, Release } from '../transport/channel-client.js';
import type { PageDeploy } from '../linking/page-deploy.js';
import type { HotContext } from './api.js';

/** What the loader lends hot reload, which is a script of its own so that other pages need not load it. */
export interface HotPorts {
  readonly config: LoaderConfig;
  readonly blobPool: BlobPool;
  readonly channelClient: ChannelClient;
  readonly connection: Connection;
  readonly outbox: Outbox;
  /** What the server said under hot reload's own topic before there was anybody to hear it. */
  readonly news: readonly unknown[];
  /** Null for a page that runs natively. */
  readonly pageDeploy: PageDeploy | null;
  readonly targets: 'blob' | 'http';
  readonly installImportMap: (json: string, nonce: string) => void;
  /** Imports by the name under which an instance is known. */
  readonly importModule: (name: string, options?: ImportCallOptions) => Promise<unknown>;
  /** Tells the application. False when it takes care of the update itself. */
  readonly announce: (deploy: number, paths: readonly string[]) => boolean;
  /** The page runs this release from now on. */
  readonly moved: (release: Release) => void;
  /** What a deploy was made of; null when that is not to be had. */
  readonly fetchManifest: (deploy: number) => Promise<Manifest | null>;
  /** Calls back after so many milliseconds unless cancelled. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly problem: (code: string, message: string) => void;
}

/** Hot reload, as the loader sees it. */
export interface Hot {
  /** @param instance the URL that the engine knows the instance by */
  context(url: string, instance: string): HotContext;
  /** An `import()` of the module at a natural URL, which brings it here first. */
  import(importer: string, url: string, options?: ImportCallOptions): Promise<unknown>;
  /** The newest version of a module, whatever runs. */
  newest(url: string): Promise<unknown>;
  /** Brings the newest versions of modules, and of what they import, here without running them. */
  prefetch(urls: readonly string[]): Promise<void>;
  /** The page's modules have run, or failed. */
  booted(): void;
  /** Resolves when all that has come is taken in; never, when the page is about to be loaded again. */
  idle(): Promise<void>;
}

export type CreateHot = (ports: HotPorts) => Hot;

declare global {
  /** Where the script of hot reload leaves what it brings, for the loader to take. */
  var __modcast_hot__: CreateHot | undefined;
}
