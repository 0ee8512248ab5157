import type { Observations } from '../harness.js';
import type { EngineDifferences, UnfinishedFixture } from './difference.js';
import { map, withoutLog } from './rules.js';
import { IN_CHROMIUM_AND_FIREFOX, IN_EVERY_ENGINE } from './shared.js';

const ONE_MAP = 'it takes one import map, before the first module';

/** @param errors number of errors after which nothing more happens */
const oneImportMap = (errors: number): UnfinishedFixture => ({
  reason: ONE_MAP,
  stopped: (observations: Observations) => observations.errors.length === errors,
});

export const FIREFOX: EngineDifferences = {
  known: {
    ...IN_EVERY_ENGINE,
    ...IN_CHROMIUM_AND_FIREFOX,
    'blocking-render': {
      reason: 'it knows no blocking="render": whether it paints before a script depends on the run',
      same: withoutLog(/^paints \d/),
      varies: true,
    },
    'import-in-timer-string-and-handlers': {
      reason: 'code in strings is not linked: relative import() there has a blob for its base',
      same: ({ log, ...rest }) => ({ ...rest, last: log.at(-1) }),
    },
    'importmap-invalid-json': {
      reason: `${ONE_MAP}, which is the loader’s: a broken one of the page only gets an error event`,
      same: ({ log, errors, ...rest }) => ({ ...rest, last: log.at(-1), errors: errors.slice(1) }),
    },
    'importmap-not-an-object': {
      reason: `${ONE_MAP}, which is the loader’s: broken ones of the page only get error events`,
      same: ({ rejections, console }) => ({ rejections, console }),
    },
    'script-inserted-by-a-module': {
      reason: `${ONE_MAP}: it leads to the module that a script inserted later has loaded from its own URL, too`,
      same: ({ log, ...rest }) => ({ ...rest, log: [...new Set(log)] }),
    },
    'script-load-and-error-handlers': {
      reason: 'it would run scripts out of order: others run in their places, whose events are not trusted',
      same: (o) => map(o, (text) => text.replace(/ (?:true|false)$/, '')),
    },
  },
  unfinished: {
    'base-after-several-importmaps': oneImportMap(3),
    'classic-imports-entries-early': oneImportMap(2),
    'importmap-several': oneImportMap(4),
    'importmap-scopes-added-later': oneImportMap(2),
    'wasm-source-phase': {
      reason: 'it has no source phase imports',
      stopped: ({ errors }) => errors.length > 0,
    },
  },
  open: [],
};
