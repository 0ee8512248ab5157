import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: browser suites each start a Chromium, so files run in few workers.
    maxWorkers: 2,
    reporters: ['default'],
  },
});
