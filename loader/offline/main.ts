import { createOffline } from './offline.js';
import type {} from './start-offline.js';

globalThis.__modcast_offline__ = (ports) => {
  const offline = createOffline(ports);
  offline
    .register()
    .then((isOurs) => (isOurs ? offline.keep({}) : undefined))
    // A browser may have none, or its user forbids it. The page runs as before.
    .catch((error: unknown) => console.info(`modcast: offline use: ${String(error)}`));
  return offline;
};
