import type { EngineDifferences } from './difference.js';
import { attribution, map, specifiers, stack, withoutLog } from './rules.js';

const LINKED_COLUMNS = 'columns behind an import on the same line are those of the linked text';

export const CHROMIUM: EngineDifferences = {
  known: {
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
    'import-in-eval-from-a-module': {
      reason: 'code in eval() is not linked: relative import() there has a blob for its base',
      same: ({ log, ...rest }) => ({ ...rest, last: log.at(-1) }),
    },
    'json-attribute-on-a-script': {
      reason:
        'the syntax error of `assert {…}`, which our parser takes, names the target, and what is wrong with attributes ' +
        'is reported as coming from the guard',
      same: (o) => ({ ...attribution(o), errors: attribution(o).errors.slice(0, -1) }),
    },
    'page-observes-its-own-document': {
      reason: 'a MutationObserver sees held scripts being put in again',
      same: withoutLog('body data-own'),
    },
    'page-patched-globals': {
      reason: 'a page that wraps fetch, WebSocket, Blob and createObjectURL counts our calls',
      same: withoutLog(/^resolve,url /, /^\d+ /),
    },
    'page-removed-globals': {
      reason: 'without TextEncoder it runs natively, and the console says why',
      same: (o) => ({ ...o, console: [] }),
    },
    'page-visit-runs-a-script-again': {
      reason:
        'a script that is inserted again with the source of one that runs from a blob runs again: the browser has not loaded that URL',
      same: ({ log, ...rest }) => ({ ...rest, log: [...new Set(log)] }),
    },
    'resource-timing': {
      reason:
        'performance has an entry of each module that the browser has requested, and none of one that runs from a blob',
      same: withoutLog(' script'),
    },
    'script-modulepreload': {
      reason: 'a preload of a module that is here already keeps its held rel',
      same: withoutLog(/^\d$/),
    },
    'script-changed-by-a-classic-script': {
      reason: 'a held script that another script changes before it runs has changed',
      same: ({ log, ...rest }) => ({ ...rest, last: log.at(-1) }),
    },
    'script-removed-by-a-classic-script': {
      reason: 'a held script that another script removes before it runs does not run',
      same: ({ log, ...rest }) => ({ ...rest, last: log.at(-1) }),
    },
    'script-inline-meta': {
      reason: 'import.meta.resolve in an inline script is the browser’s, and tells the target',
      same: (o) => map(o, (text) => text.replace(/https:\/\/site\/a\.mjs|\bdata:[^\s'"]+/g, 'a')),
    },
    'script-src-before-base': {
      reason: 'import.meta.resolve in an inline script is the browser’s, and tells the target',
      same: withoutLog(/^(?:https:\/\/site\/lib\.mjs$|data:)/),
    },
    'stack-columns-after-imports-on-the-same-line': { reason: LINKED_COLUMNS, same: stack },
    'stack-columns-of-imports-themselves': {
      reason: `${LINKED_COLUMNS}, and import() and import.meta go through the loader`,
      same: stack,
    },
    'stack-function-source-text': { reason: 'a function’s source text is the linked text', same: stack },
    'stack-minified': { reason: LINKED_COLUMNS, same: stack },
    'stack-of-rejected-imports': {
      reason: 'import() goes through the loader, which has a frame',
      same: stack,
    },
    'stack-prepared-by-the-page': {
      reason: 'CallSite.getFileName() tells the target; the text of a stack does not',
      same: (o) => map(o, (text) => text.replace(/https:\/\/site\/[\w/.-]+|\bdata:[^\s:]+/g, 'url')),
    },
    'syntax-line-separators': {
      reason: 'the lexer does not end a comment at U+2028, and misses the import behind it',
      same: (o) => ({ ...o, rejections: [] }),
    },
    'text-module': {
      reason: 'a module imported as text is the linked text',
      same: withoutLog('as text it is not'),
    },
    'text-module-static': {
      reason: 'a module imported as text is the linked text',
      same: withoutLog('export const value'),
    },
  },
  unfinished: {},
  open: [],
};
