import { startRuntime } from '../worker-runtime.js';
import { createWorkerHot } from './worker-hot.js';

globalThis.__modcast__ = startRuntime(createWorkerHot);
