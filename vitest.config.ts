import { defineConfig, type UserWorkspaceConfig as ProjectConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The tests in one folder of test/, and what has to be set up before they run. */
const project = (name: string, setup: string[] = [], options: ProjectConfig['test'] = {}) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup: setup.map((file) => `test/setup/${file}.ts`),
    ...options,
  },
});

/** Files share the loaded code: loading it for every file takes longer than most tests. None mocks a module. */
const SHARED = { isolate: false, restoreMocks: true, unstubEnvs: true, unstubGlobals: true };

/**
 * The files of a worker share its browsers too. On a busy machine a page can take tens of seconds instead of one:
 * the limits are for what hangs, and each is above those of what it waits for.
 */
const BROWSERS = {
  ...SHARED,
  environment: './test/browser/environment.ts',
  testTimeout: 300_000,
  hookTimeout: 300_000,
};

/** Short files that take minutes: at the end, one of them would keep a single worker busy. */
const LONG = /[\\/]browser[\\/](?:parity[\\/](?:chromium|firefox|webkit)|packages)\.test\.ts$/;

class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFilesFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // With their browsers, two workers leave a fifth of two cores idle, and three a tenth.
    maxWorkers: 3,
    // Of parity fixtures, each with a native and a modcast page.
    maxConcurrency: 4,
    projects: [
      project('unit', ['bundle'], SHARED),
      project('contract'),
      project('system', ['build']),
      project('browser', ['bundle', 'browsers'], BROWSERS),
      project('stress', ['build', 'browsers']),
    ],
  },
});
