import path from 'node:path';
import type { BuildEnvironmentOptions, Plugin, ResolvedConfig, UserConfig } from 'vite';
import { ModcastError, parseChannel } from '../../schema/index.js';
import { exportStatic } from '../export/index.js';
import { fuseManifest } from '../fuse/index.js';
import { SITE_FILTER } from '../ingest/files.js';
import { nearest } from '../closest.js';
import { DEFAULT_PREFIX } from '../options.js';
import {
  PublishService,
  diagnoseSite,
  fuseFirst,
  httpTarget,
  publishSite,
  readSite,
  refuseErrors,
  type PublishResult,
  type SiteContent,
} from '../publish/index.js';
import { DATABASE_FOLDER, makeDatabaseFolder } from '../store/database-folder.js';
import { refuseFollowed } from '../store/lock.js';
import { openSqliteStore } from '../store/sqlite.js';
import type { Store } from '../store/store.js';
import { createServed, publishMode } from '../transform/index.js';
import { userName } from '../user-name.js';
import { stableNames } from './stable-names.js';

/** Options of the Vite plugin. */
export interface VitePluginOptions {
  /** SQLite database, relative to Vite's root. Default: `.modcast/registry.db` there. */
  readonly db?: string;
  /** Publish to this running registry instead: `https://host`. */
  readonly registry?: string;
  /** Token for the registry. Default: the environment variable `MODCAST_TOKEN`. */
  readonly token?: string;
  /** Default: `production`. */
  readonly channel?: string;
  /** Of the deploy. Default: none. */
  readonly message?: string;
  /** Of the deploy. Default: your user name. */
  readonly author?: string;
  /** Keep Vite's names with hashes. Default: false, files are named after their sources. */
  readonly hashedNames?: boolean;
  /**
   * Write into the build what a static host needs to boot its pages with the loader. Default: true with a
   * database; a registry serves its pages itself.
   */
  readonly static?: boolean;
  /** Join modules into runs before the deploy is made. Default: on all channels but `dev`. */
  readonly fuse?: boolean;
}

/** Checked against the interface by the compiler. */
const OPTIONS: { readonly [name in keyof Required<VitePluginOptions>]: true } = {
  db: true,
  registry: true,
  token: true,
  channel: true,
  message: true,
  author: true,
  hashedNames: true,
  static: true,
  fuse: true,
};

/** The loader brings modules over its socket, and links would fetch them again. */
const STYLES_ONLY: NonNullable<BuildEnvironmentOptions['modulePreload']> = {
  polyfill: false,
  resolveDependencies: (_file, dependencies) => dependencies.filter((name) => name.endsWith('.css')),
};

/**
 * Publishes each `vite build` as a deploy: its chunks, assets and pages.
 * @throws ModcastError `option-invalid`, `channel-invalid`; the build fails with those of a publish
 */
export function modcast(options: VitePluginOptions = {}): Plugin {
  checkOptions(options);
  const channel = parseChannel(options.channel ?? 'production');
  let config: ResolvedConfig;
  let isWritten = false;
  return {
    name: 'modcast',
    apply: (user, { command }) => command === 'build' && !user.build?.ssr,
    config(user): UserConfig {
      const build = options.hashedNames === true ? {} : stableNames(user);
      const isChosen = user.build?.modulePreload !== undefined;
      return { build: isChosen ? build : { ...build, modulePreload: STYLES_ONLY } };
    },
    configResolved: (resolved) => void (config = resolved),
    buildStart: () => void (isWritten = false),
    writeBundle: () => void (isWritten = true),
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        // A failed build has written nothing. Of several environments, the browser's counts.
        if (!isWritten || this.environment.name !== 'client') return;
        isWritten = false;
        const directory = path.resolve(config.root, config.build.outDir);
        const site = await readBuild(directory, config.base, channel, (text) => this.warn(text));
        const warn = (error: unknown) => this.warn(`the modules could not be joined: ${String(error)}`);
        const result = await publishBuild({ options, channel, site, config, directory, warn });
        config.logger.info(`modcast: ${resultText(result, channel)}`);
      },
    },
  };
}

/** @throws ModcastError `option-invalid` */
function checkOptions(options: VitePluginOptions): void {
  const fail = (message: string, found: unknown): never => {
    throw new ModcastError('option-invalid', `modcast/vite: ${message}`, { found });
  };
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(OPTIONS, name))
      fail(`no option ${name}${nearest(name, Object.keys(OPTIONS)).hint}`, name);
  }
  const { db, registry, token, static: isStatic } = options;
  if (registry === undefined) {
    if (token !== undefined) fail('token is for a registry; name one with registry', 'token');
  } else if (db !== undefined) fail('db and registry name two places; give only one', registry);
  else if (isStatic === true) fail('static needs a database: give db instead of registry', registry);
}

/** The path of Vite's base, which can also be `./` or a URL. */
function pathOfBase(base: string): string {
  const { pathname } = new URL(base, 'https://modcast.invalid/');
  return pathname.endsWith('/') ? pathname : `${pathname}/`;
}

/** @throws ModcastError as `readSite` and `refuseErrors` */
async function readBuild(
  directory: string,
  viteBase: string,
  channel: string,
  warn: (text: string) => void,
): Promise<SiteContent> {
  const base = pathOfBase(viteBase);
  const mode = publishMode(channel);
  // A build has its packages in its chunks.
  // What an earlier build has for static hosts stays in a directory that Vite does not empty.
  const filter = { ...SITE_FILTER, exclude: [...SITE_FILTER.exclude, `${DEFAULT_PREFIX.slice(1)}**`] };
  const site = await readSite(directory, filter, () => {}, { base, mode, packages: null });
  const problems = await diagnoseSite(site, undefined, base);
  for (const { path: file, message } of [...site.skipped, ...problems]) warn(`${file}: ${message}`);
  refuseErrors(problems, false);
  return site;
}

interface Build {
  readonly options: VitePluginOptions;
  readonly channel: string;
  readonly site: SiteContent;
  readonly config: ResolvedConfig;
  /** Of the build: absolute. */
  readonly directory: string;
  readonly warn: (error: unknown) => void;
}

async function publishBuild(build: Build): Promise<PublishResult> {
  const { options, channel, site, config, directory, warn } = build;
  const { author = userName(), message = '' } = options;
  const deploy = { channel, author, message };
  if (options.registry !== undefined) {
    const token = options.token ?? process.env['MODCAST_TOKEN'];
    return publishSite(httpTarget({ url: options.registry, token }), site, deploy);
  }
  const database = path.resolve(config.root, options.db ?? path.join(DATABASE_FOLDER, 'registry.db'));
  await makeDatabaseFolder(database);
  const store = await openSqliteStore(database);
  try {
    refuseFollowed(database, channel);
    const service = new PublishService({ store, now: Date.now });
    const isFused = options.fuse ?? channel !== 'dev';
    const target = isFused ? fused(service, store, config.base, warn) : service;
    const result = await publishSite(target, site, deploy);
    if (options.static !== false && result.state !== 'planned') {
      await writeBoot(store, result.deploy.number, directory, pathOfBase(config.base));
    }
    return result;
  } finally {
    await store.close();
  }
}

function fused(service: PublishService, store: Store, base: string, warn: (error: unknown) => void) {
  const served = createServed({ store, base: pathOfBase(base) });
  return fuseFirst(service, served, (target) => fuseManifest(served.store, target, () => {}), warn);
}

/** The pages of the build with the loader in them, and below `-/` what a registry would answer. */
const writeBoot = (store: Store, deploy: number, directory: string, base: string): Promise<unknown> =>
  exportStatic({ store, deploy, directory, base, force: true, assets: null });

function resultText(result: PublishResult, channel: string): string {
  if (result.state === 'planned') return 'nothing was published';
  const { number, added, changed, removed } = result.deploy;
  if (result.state === 'current') return `deploy ${number} on ${channel} has this build already`;
  return `deploy ${number} on ${channel}, ${changed} changed, ${added} added, ${removed} removed`;
}
