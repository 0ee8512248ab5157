import { installRuntime, startRuntime } from '../worker-runtime.js';
import { createWorkerHot } from './worker-hot.js';

installRuntime(startRuntime(createWorkerHot));
