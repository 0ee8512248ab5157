import type { ModcastEvents } from './api.js';
import { BlobPool } from './cache/blob-pool.js';
import { CacheWriter } from './cache/cache-writer.js';
import type { CachedDeploy } from './cache/cache.js';
import type { LoaderConfig } from './config.js';
import { Emitter } from './events.js';
import type { Guard } from './guard/guard.js';
import { hash } from './hash.js';
import { PageState } from './page-state.js';
import { ChannelClient } from './transport/channel-client.js';
import { Connection } from './transport/connection.js';
import { Outbox } from './transport/outbox.js';
import { derivedHashes, readFusion } from './linking/read-fusion.js';
import { fetchRelease, type FetchOptions } from './transport/plain-files.js';

/** The services of a page. Each has one instance. */
export interface Services {
  readonly config: LoaderConfig;
  readonly events: Emitter<ModcastEvents>;
  /** The application's own messages, by topic. */
  readonly topics: Emitter<Record<string, unknown>>;
  readonly page: PageState;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly channelClient: ChannelClient;
  readonly blobPool: BlobPool;
  readonly cacheWriter: CacheWriter;
  /** Deploys in the cache, the page's own first, when their blobs are in the pool. */
  readonly cached: Promise<readonly CachedDeploy[]>;
  readonly http: FetchOptions;
  /** Calls back after so many milliseconds unless cancelled. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Reports a problem to the console, the application and the server. */
  readonly problem: (code: string, message: string) => void;
}

const after: Services['after'] = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** `fetch` that calls back for each part of a response. */
const fetchWith =
  (onPart: () => void): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    const parts = new TransformStream<Uint8Array, Uint8Array>({
      transform(part, controller) {
        onPart();
        controller.enqueue(part);
      },
    });
    return response.body === null ? response : new Response(response.body.pipeThrough(parts), response);
  };

/**
 * Opens the cache. Connects to nothing yet.
 *
 * @param guard has a sign of life for each part of a response over HTTP
 */
export function createServices(config: LoaderConfig, guard: Pick<Guard, 'signal'>): Services {
  const events = new Emitter<ModcastEvents>();
  const topics = new Emitter<Record<string, unknown>>();
  const page = new PageState();
  const problem = (code: string, message: string) => {
    console.warn(`modcast: ${code}: ${message}`);
    events.emit('error', { code, message });
    const { deploy } = page;
    outbox.send({ type: 'failed', deploy, stage: code.slice(0, 64), message: message.slice(0, 4096) });
  };
  // A page that has started without the loader has its deploy in the browser's HTTP cache.
  const own = config.direct ? config.deploy : null;
  const hello = () => {
    const runs = page.release?.hash ?? own?.manifest;
    return {
      channel: config.channel,
      ...(channelClient.complete === undefined
        ? own === null
          ? cacheWriter.have
          : { have: own.manifest, fusion: own.fusion ?? null }
        : { have: channelClient.complete.hash, fusion: channelClient.complete.fusion }),
      deploy: page.deploy,
      ...(runs && { runs }),
      entries: [...config.entries],
    };
  };
  const connection = new Connection({
    url() {
      const url = `${config.prefix.replace(/^http/, 'ws')}socket?`;
      // A page that runs may go on with another registry, which has another site or the same one.
      const names = config.registry !== null && channelClient.head === undefined;
      return names ? `${url}registry=${config.registry}&` : url;
    },
    hello,
    createSocket: (url) => new WebSocket(url),
    random: Math.random,
    after,
  });
  const blobPool = new BlobPool({
    hasher: hash,
    onRefused: (name, from) => problem('hash-mismatch', `a blob from the ${from} is not ${name}`),
  });
  const cacheWriter = new CacheWriter({
    config,
    derivedOf: (fusion) => derivedHashes(blobPool, fusion),
    hasher: hash,
    after,
    booted: page.ready,
    onProblem: (error) => problem('cache-unavailable', String(error)),
  });
  const http: FetchOptions = { config, hasher: hash, fetch: fetchWith(() => guard.signal()) };
  const fetched = async (): Promise<CachedDeploy[]> => {
    const release = await fetchRelease(http);
    return typeof release === 'string' ? [] : [{ ...release, channel: config.channel, derived: [] }];
  };
  const cached =
    own !== null
      ? fetched()
      : cacheWriter.load().then(async ({ deploys, records }) => {
          blobPool.addCached(records);
          const first = deploys.find(({ hash }) => hash === config.deploy?.manifest) ?? deploys.at(-1);
          const fusion = readFusion(blobPool, first?.fusion ?? null);
          if (fusion !== undefined) blobPool.learn(fusion);
          return deploys;
        });
  const { stall } = config;
  const channelClient = new ChannelClient({
    connection,
    blobPool,
    hasher: hash,
    registry: config.registry,
    cached,
    hello,
    after,
    stall,
  });
  const outbox = new Outbox(connection, channelClient);
  channelClient.on('progress', (progress) => events.emit('progress', progress));
  channelClient.on('problem', ({ code, message }) => problem(code, message));
  channelClient.on('message', ({ topic, data }) => topics.emit(topic, data));
  return {
    config,
    events,
    topics,
    page,
    connection,
    outbox,
    channelClient,
    blobPool,
    cacheWriter,
    cached,
    http,
    after,
    problem,
  };
}
