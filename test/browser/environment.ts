import type { Environment } from 'vitest/runtime';
import type {} from './engines/shared-process.js';

/** Node, and an end of each worker: the browsers that its test files have shared are closed then. */
export default {
  name: 'browser',
  viteEnvironment: 'ssr',
  setup(global: typeof globalThis) {
    const beforeEnd: (() => Promise<unknown>)[] = [];
    global.beforeWorkerEnds = beforeEnd;
    return { teardown: async () => void (await Promise.allSettled(beforeEnd.map((end) => end()))) };
  },
} satisfies Environment;
