import { hash } from '../hash.js';
import type { OfflineConfig } from './offline-config.js';
import type { ServiceWorkerScope } from './scope.js';
import { OfflineServiceWorker } from './service-worker.js';

/** The server writes it before this script. */
declare const __modcast_offline__: OfflineConfig;

new OfflineServiceWorker(self as unknown as ServiceWorkerScope, __modcast_offline__, hash).start();
