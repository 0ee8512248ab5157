/** Mutation tests of the parts of hot reload that decide what is replaced: `npm run test:mutation`. */
export default {
  mutate: ['loader/hot/modules/plan.ts', 'loader/hot/updates/swap.ts', 'loader/hot/updates/propagate.ts'],
  ignorePatterns: [
    '*',
    '!loader/**',
    '!importmap/**',
    '!schema/**',
    '!test/unit/**',
    // Without tsconfig.json: Stryker would read it with an API that TypeScript 7 does not have.
    '!package.json',
    '!tsconfig.base.json',
    '!vitest.*.ts',
  ],
  disableTypeChecks: false,
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  concurrency: 2,
  reporters: ['clear-text', 'progress'],
  tempDirName: '.stryker-tmp',
  thresholds: { high: 95, low: 90, break: 85 },
};
