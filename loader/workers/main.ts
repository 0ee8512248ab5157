import { installRuntime, startRuntime } from './worker-runtime.js';

installRuntime(startRuntime());
