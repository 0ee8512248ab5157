/** All limits with their defaults. The docs of an option say which limit it changes. */
export const LIMITS = {
  /** Characters in a path. */
  pathLength: 1024,
  /** Bytes of one blob, and so of a file of a deploy: 64 MiB. It is hashed and answered from memory. */
  blobBytes: 64 * 1024 * 1024,
  /** Files in one manifest. */
  manifestModules: 200_000,
  /** Bytes of a control message from a client. */
  clientMessageBytes: 1024 * 1024,
  /** Messages from one client in a second. More are dropped, with one error; twice as many disconnect it. */
  clientMessagesPerSecond: 300,
  /** Bytes of messages from one client in a second. More are dropped, twice as many disconnect it. */
  clientBytesPerSecond: 4 * 1024 * 1024,
  /** `booted` and `failed` of one client in a second. More are dropped, twice as many disconnect it. */
  clientReportsPerSecond: 50,
  /** Bytes of blobs and manifests that one client may ask for again at once. */
  repeatBurstBytes: 8 * 1024 * 1024,
  /** Bytes in a second that it gets again after that. The answers wait, up to 5 seconds each. */
  repeatBytesPerSecond: 1024 * 1024,
  /** Hashes in one `want`. */
  wantHashes: 8192,
  /** Entries that a client may name. Its pack is ordered for them. */
  helloEntries: 64,
  /** Characters in the topic of an application's message. */
  topicLength: 128,
  /**
   * Raw bytes after which a segment of a pack ends: small enough to start early, large enough to compress.
   */
  segmentBytes: 128 * 1024,
  /** Raw bytes of one decoded segment. A large blob has a segment of its own. */
  segmentMaxBytes: 96 * 1024 * 1024,
  /** Unsent bytes at which the server stops writing to a slow client's socket. */
  socketHighWater: 1024 * 1024,
  /** Unsent bytes at which a slow client is disconnected. */
  socketQueueBytes: 16 * 1024 * 1024,
  /** Milliseconds without progress after which a client with a full queue is disconnected. */
  socketStallMs: 30_000,
  /** Bytes of compressed pack segments in the server's memory. */
  packCacheBytes: 64 * 1024 * 1024,
  /** Bytes of joined runs in the server's memory. */
  derivedCacheBytes: 16 * 1024 * 1024,
  /** Bytes of large blobs, sent over HTTP last, in the server's memory. */
  blobCacheBytes: 64 * 1024 * 1024,
  /** Bytes of the JSON of a manifest that is published over HTTP. A larger site: `modcast publish --db`. */
  publishManifestBytes: 20 * 1024 * 1024,
  /** Bytes of the JSON of an import map that is published over HTTP. */
  importMapBytes: 1024 * 1024,
  /** Files of a manifest that is published over HTTP. */
  publishModules: 20_000,
  /** Bytes of manifests that a token may publish at once. */
  publishManifestBurstBytes: 8 * 1024 * 1024,
  /** Bytes of manifests in a second that a token may publish after that, on average. */
  publishManifestBytesPerSecond: 128 * 1024,
  /** Inflated bytes of blobs that a token may send at once. */
  publishBurstBytes: 256 * 1024 * 1024,
  /** Inflated bytes in a second that a token may send after that. Faster publishers wait. */
  publishBytesPerSecond: 8 * 1024 * 1024,
  /** Inflated bytes of blobs in memory at the same time, of all publishers. */
  publishInflatingBytes: 80 * 1024 * 1024,
  /** Unanswered requests of one token. They run one after the other. */
  publishRequestsOfToken: 32,
  /** Bytes of one request with blobs. */
  publishPackBytes: 128 * 1024 * 1024,
  /** Raw bytes of blobs in one request of a publisher. A broken connection costs at most this much. */
  publishBatchBytes: 4 * 1024 * 1024,
  /** Milliseconds after which an idle publish is dropped. */
  publishLeaseMs: 15 * 60_000,
  /** Milliseconds in which the headers of a request have to arrive. */
  requestHeadersMs: 15_000,
  /** Milliseconds in which a request has to arrive, with its body. */
  requestMs: 10 * 60_000,
  /** Milliseconds without a byte after which a request's body is refused. */
  requestStallMs: 30_000,
  /** Bytes a second at which a request's body has to arrive on average, after `requestStallMs`. */
  requestBytesPerSecond: 4096,
  /** Milliseconds without progress after which a client that reads no response is disconnected. */
  responseStallMs: 30_000,
  /** Connections to a server besides those of the `clients`. */
  httpConnections: 4096,
  /** How deep the JSON of a request, a message or an import map may be nested. */
  jsonDepth: 64,
  /** Bytes of a request to open a file in the editor. */
  editorRequestBytes: 16 * 1024,
  /** Bytes of a page's report over HTTP. */
  reportRequestBytes: 16 * 1024,
  /** Publishes at the same time. */
  publishPlans: 256,
  /** Publishes at the same time with one token. */
  publishPlansOfToken: 16,
  /** Files of all manifests that are being published. */
  publishPlanModules: 200_000,
  /** Files of all manifests that are being published with one token. */
  publishPlanModulesOfToken: 100_000,
  /** Milliseconds for which a replaced deploy can still be read without a token. */
  pastHeadMs: 60 * 60_000,
  /** Deploys to keep of a watched directory. */
  devDeploys: 1000,
  /** Milliseconds between two checks for deploys of other processes. */
  headPollMs: 250,
  /** Bytes of a page above which another thread parses it. */
  inlinePageBytes: 256 * 1024,
  /** Bytes of pages with the loader in the server's memory. The last page is kept whatever its size. */
  pageCacheBytes: 64 * 1024 * 1024,
  /** Bytes of pages with the loader, rendered by the application, in the server's memory. */
  renderedCacheBytes: 8 * 1024 * 1024,
  /** Clients of one server. */
  clients: 10_000,
} as const;
