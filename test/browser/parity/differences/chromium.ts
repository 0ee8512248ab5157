import type { EngineDifferences } from './difference.js';
import { IN_CHROMIUM_AND_FIREFOX, IN_EVERY_ENGINE } from './shared.js';
import { map, specifiers } from './rules.js';

export const CHROMIUM: EngineDifferences = {
  known: {
    ...IN_EVERY_ENGINE,
    ...IN_CHROMIUM_AND_FIREFOX,
    'error-missing-export-message': {
      reason: 'a message names a specifier by its natural URL',
      same: (o) => map(o, specifiers),
    },
    'stack-prepared-by-the-page': {
      reason: 'CallSite.getFileName() tells the target; the text of a stack does not',
      same: (o) => map(o, (text) => text.replace(/https:\/\/site\/[\w/.-]+|\bdata:[^\s:]+/g, 'url')),
    },
  },
  unfinished: {},
  open: [],
};
