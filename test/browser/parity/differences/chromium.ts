import type { EngineDifferences } from './difference.js';
import { IN_CHROMIUM_AND_FIREFOX, IN_EVERY_ENGINE } from './shared.js';
import { attribution, map, specifiers } from './rules.js';

export const CHROMIUM: EngineDifferences = {
  known: {
    ...IN_EVERY_ENGINE,
    ...IN_CHROMIUM_AND_FIREFOX,
    'error-missing-export-message': {
      reason: 'a message names a specifier by its natural URL',
      same: (o) => map(o, specifiers),
    },
    'importmap-null-static-message': {
      reason:
        'a message names a specifier by its natural URL, and the error is reported as coming from the guard',
      same: (o) => map(attribution(o), specifiers),
    },
    'error-unresolvable-static': {
      reason: 'what an inline script cannot resolve is reported as coming from the guard',
      same: attribution,
    },
    'importmap-invalid-json': {
      reason: 'a broken import map is reported as coming from the loader',
      same: attribution,
    },
    'importmap-not-an-object': {
      reason: 'a broken import map is reported as coming from the loader',
      same: attribution,
    },
    'json-attribute-on-a-script': {
      reason:
        'the syntax error of `assert {…}`, which our parser takes, names the target, and what is wrong with attributes ' +
        'is reported as coming from the guard',
      same: (o) => ({ ...attribution(o), errors: attribution(o).errors.slice(0, -1) }),
    },
    'stack-prepared-by-the-page': {
      reason: 'CallSite.getFileName() tells the target; the text of a stack does not',
      same: (o) => map(o, (text) => text.replace(/https:\/\/site\/[\w/.-]+|\bdata:[^\s:]+/g, 'url')),
    },
  },
  unfinished: {},
  open: [],
};
