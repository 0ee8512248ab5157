import { defineConfig } from 'vitest/config';

/** The tests that `npm run test:mutation` runs for each mutant. */
export default defineConfig({
  test: {
    include: ['test/unit/loader/hot/**/*.test.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
