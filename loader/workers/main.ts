import { startRuntime } from './worker-runtime.js';

globalThis.__modcast__ = startRuntime();
