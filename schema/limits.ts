/** Every limit with its default. A limit that an option can change is named in that option's documentation. */
export const LIMITS = {
  /** Characters in a path. */
  pathLength: 1024,
  /** Bytes of one blob: 64 MiB. */
  blobBytes: 64 * 1024 * 1024,
  /** Modules in one manifest. */
  manifestModules: 200_000,
  /** Bytes of a control message from a client. */
  clientMessageBytes: 1024 * 1024,
  /** Hashes in one `want`. */
  wantHashes: 8192,
  /** Entries a client may name so that its pack is ordered for them. */
  helloEntries: 64,
  /** Characters of a topic of the application's own messages. */
  topicLength: 128,
  /** Raw bytes after which a pack's segment is closed: small enough to start on, large enough to compress. */
  segmentBytes: 128 * 1024,
  /** Raw bytes that one segment may claim when decoded. One blob may fill a segment by itself. */
  segmentMaxBytes: 96 * 1024 * 1024,
  /** Bytes waiting for a slow reader before the server stops filling the socket. */
  socketHighWater: 1024 * 1024,
  /** Bytes waiting for a slow reader before it is disconnected. */
  socketQueueBytes: 16 * 1024 * 1024,
  /** Milliseconds without progress after which a reader with a full queue is disconnected. */
  socketStallMs: 30_000,
  /** Compressed pack segments kept in the server's memory, bytes. */
  packCacheBytes: 64 * 1024 * 1024,
  /** Bytes of a manifest that is published, as JSON. */
  publishManifestBytes: 64 * 1024 * 1024,
  /** Bytes of one request with blobs. */
  publishPackBytes: 128 * 1024 * 1024,
  /** Raw bytes of blobs after which a publisher closes a pack: what a broken connection costs at most. */
  publishBatchBytes: 4 * 1024 * 1024,
  /** Milliseconds after which what is published and left alone is given up. */
  publishLeaseMs: 15 * 60_000,
  /** Milliseconds that the next bytes of a body may take. */
  publishStallMs: 30_000,
  /** Bytes of a request to open a file in the editor: a path, and where in it. */
  editorRequestBytes: 16 * 1024,
  /** Manifests being published at one time. */
  publishPlans: 64,
  /** Milliseconds for which a deploy that is no head any more can still be read without a token. */
  pastHeadMs: 60 * 60_000,
  /** Deploys of a directory that is being edited which stay. */
  devDeploys: 1000,
  /** Milliseconds between two looks for what other processes have published. */
  headPollMs: 250,
  /** Clients of one server. */
  clients: 10_000,
} as const;
