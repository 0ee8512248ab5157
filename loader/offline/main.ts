import { createOffline } from './offline.js';
import type { CreateOffline } from './start-offline.js';

const create: CreateOffline = (ports) => {
  const offline = createOffline(ports);
  offline
    .start()
    // A browser may have no service workers, or its user forbids it. The page runs as before.
    .catch((error: unknown) => console.info(`modcast: offline use: ${String(error)}`));
  return offline;
};
globalThis.__modcast_part__ = create;
