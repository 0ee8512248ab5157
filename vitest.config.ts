import { defineConfig } from 'vitest/config';

/** Files of one folder under test/, and what has to be there before they run. */
const project = (name: string, ...globalSetup: string[]) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup: globalSetup.map((file) => `test/setup/${file}.ts`),
  },
});

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Browser suites each start a Chromium: more files at a time than this only slow each other down.
    maxWorkers: 2,
    projects: [
      project('unit', 'bundle'),
      project('contract'),
      project('system', 'build'),
      project('browser', 'bundle', 'browsers'),
      project('stress', 'build', 'browsers'),
    ],
  },
});
