import type { Observations } from '../harness.js';
import type { EngineDifferences, UnfinishedFixture } from './difference.js';
import { IN_CHROMIUM_AND_FIREFOX, IN_EVERY_ENGINE } from './shared.js';

/** @param errors number of errors after which nothing more happens */
const oneImportMap = (errors: number): UnfinishedFixture => ({
  reason: 'it takes one import map, before the first module',
  stopped: (observations: Observations) => observations.errors.length === errors,
});

export const FIREFOX: EngineDifferences = {
  known: {
    ...IN_EVERY_ENGINE,
    ...IN_CHROMIUM_AND_FIREFOX,
  },
  unfinished: {
    'base-after-several-importmaps': oneImportMap(3),
    'classic-imports-entries-early': oneImportMap(2),
    'importmap-several': oneImportMap(4),
    'wasm-source-phase': {
      reason: 'it has no source phase imports',
      stopped: ({ errors }) => errors.length > 0,
    },
  },
  open: [
    'cycle-temporal-dead-zone-uncaught',
    'error-cannot-be-imported-from-wrong-media-type',
    'error-custom-class-and-cause',
    'error-event-order',
    'error-handled-by-onerror',
    'error-in-callbacks',
    'error-in-dependency',
    'error-in-dependency-then-next-entries',
    'error-in-entry',
    'error-in-inline-module',
    'error-missing-export-message',
    'error-unresolvable-static',
    'firefox-inline-module-order-failures',
    'import-after-its-importer-failed',
    'import-failure-message-names-natural-urls',
    'import-in-timer-string-and-handlers',
    'import-options-error-message',
    'importmap-invalid-json',
    'importmap-not-an-object',
    'importmap-null-static-message',
    'importmap-scopes-added-later',
    'json-attribute-on-a-script',
    'script-elements-as-listed',
    'script-inserted-by-a-module',
    'script-load-and-error-handlers',
    'script-type-spellings',
    'stack-async',
    'stack-of-inline-modules',
    'tla-error',
    'tla-error-then-next-entry',
  ],
};
