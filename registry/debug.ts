import { createDebug } from 'obug';

/** Logs to stderr when the environment asks for it: `DEBUG=modcast:*`, or one of these namespaces. */
export const debug = {
  socket: createDebug('modcast:socket'),
  ingest: createDebug('modcast:ingest'),
  watch: createDebug('modcast:watch'),
  fuse: createDebug('modcast:fuse'),
  http: createDebug('modcast:http'),
  store: createDebug('modcast:store'),
} as const;
