import type { Manifest } from '../../schema/manifest.js';
import type { LoaderConfig } from '../config.js';
import type { Connection } from '../transport/connection.js';
import type { Outbox } from '../transport/outbox.js';
import type { BlobPool } from '../cache/blob-pool.js';
import type { ChannelClient, Release } from '../transport/channel-client.js';
import type { Resolver } from '../../importmap/resolver.js';
import type { ImportTargets } from '../linking/import-targets.js';
import type { PageDeploy } from '../linking/page-deploy.js';
import type { UpdatedWorker } from '../api.js';
import type { HotContext } from './api.js';

/** The deploy of a scope that replaces modules: a page's, or a worker's. */
export interface ScopeDeploy {
  readonly release: Pick<Release, 'manifest'>;
  readonly resolver: Pick<Resolver, 'resolve' | 'written' | 'name' | 'rename'>;
  readonly linker: {
    readonly importTargets: Pick<
      ImportTargets,
      | 'isInstalled'
      | 'targetOf'
      | 'hashOf'
      | 'urlOf'
      | 'prepare'
      | 'create'
      | 'adopt'
      | 'discard'
      | 'importMap'
    >;
    readonly ensure: (url: string) => Promise<void> | undefined;
  };
  readonly laterMaps: boolean;
}

/** What replacing modules takes, in a page or in a worker. */
export interface ScopePorts {
  readonly config: Pick<LoaderConfig, 'root' | 'nonce'>;
  readonly blobPool: Pick<BlobPool, 'get' | 'has' | 'retain'>;
  readonly channelClient: Pick<ChannelClient, 'need' | 'head' | 'complete'>;
  readonly pageDeploy: ScopeDeploy;
  readonly targets: 'blob' | 'http';
  readonly installImportMap: (json: string, nonce: string) => void;
  readonly importModule: (name: string, options?: ImportCallOptions) => Promise<unknown>;
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Manifests whose blobs are kept beside those of the newest. */
  readonly otherManifests?: () => readonly Manifest[];
}

/** What the loader gives to hot reload, which is a script of its own so that other pages need not load it. */
export interface HotPorts {
  readonly config: LoaderConfig;
  readonly blobPool: BlobPool;
  readonly channelClient: ChannelClient;
  readonly connection: Connection;
  readonly outbox: Outbox;
  /** What the server sent under hot reload's topic before hot reload was loaded. */
  readonly news: readonly unknown[];
  /** Null for a page that runs natively. */
  readonly pageDeploy: PageDeploy | null;
  readonly targets: 'blob' | 'http';
  readonly installImportMap: (json: string, nonce: string) => void;
  /** Imports an instance by its name. */
  readonly importModule: (name: string, options?: ImportCallOptions) => Promise<unknown>;
  /** Emits the page's `update` event. False when the application prevents the update. */
  readonly announce: (deploy: number, paths: readonly string[], workers: readonly UpdatedWorker[]) => boolean;
  /** The page runs this release from now on. */
  readonly moved: (release: Release) => void;
  /** The manifest of a deploy. Null when the server does not send it. */
  readonly fetchManifest: (deploy: number) => Promise<Manifest | null>;
  /** Calls back after so many milliseconds unless cancelled. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly problem: (code: string, message: string) => void;
}

/** The ports of a page that runs modules of the registry. */
export type PagePorts = HotPorts & { readonly pageDeploy: PageDeploy };

/** Hot reload, as the loader uses it. */
export interface Hot {
  /** @param instance the URL from which the engine loaded the instance */
  context(url: string, instance: string): HotContext;
  /** An `import()` of the module at a natural URL. Fetches the module first. */
  import(importer: string, url: string, options?: ImportCallOptions): Promise<unknown>;
  /** Imports the newest version of a module, and replaces the one that runs. */
  newest(url: string): Promise<unknown>;
  /** Fetches the newest versions of modules and of what they import, without running them. */
  prefetch(urls: readonly string[]): Promise<void>;
  /** The page's modules have run, or failed. */
  booted(): void;
  /**
   * Resolves when all deploys that have arrived are applied. Never resolves when the page is about to be
   * reloaded.
   */
  idle(): Promise<void>;
}
