import type { KnownDifference } from './difference.js';
import { map, stack, targets, withoutLog } from './rules.js';

const LINKED_COLUMNS = 'columns behind an import on the same line are those of the linked text';

export const IN_EVERY_ENGINE: Readonly<Record<string, KnownDifference>> = {
  'import-in-eval-from-a-module': {
    reason: 'code in eval() is not linked: relative import() there has a blob for its base',
    same: ({ log, ...rest }) => ({ ...rest, last: log.at(-1) }),
  },
  'page-observes-its-own-document': {
    reason: 'a MutationObserver sees held scripts being put in again',
    same: withoutLog('body data-own'),
  },
  'page-visit-runs-a-script-again': {
    reason:
      'a script that is inserted again with the source of one that runs from a blob runs again: the browser has not loaded that URL',
    same: ({ log, ...rest }) => ({ ...rest, log: [...new Set(log)] }),
  },
  'script-modulepreload': {
    reason: 'a preload of a module that is here already keeps its held rel',
    same: withoutLog(/^\d$/),
  },
};

export const IN_CHROMIUM_AND_FIREFOX: Readonly<Record<string, KnownDifference>> = {
  'resource-timing': {
    reason:
      'performance has an entry of each module that the browser has requested, and none of one that runs from a blob',
    same: withoutLog(' script'),
  },
  'import-errors-caught-in-classic-scripts': {
    reason:
      'classic scripts and attributes run as written, and nothing can come between import() and what catches its error: it names the URL that a module runs from',
    same: (o) => map(o, targets),
  },
  'stack-columns-after-imports-on-the-same-line': { reason: LINKED_COLUMNS, same: stack },
  'stack-columns-of-imports-themselves': {
    reason: `${LINKED_COLUMNS}, and import() and import.meta go through the loader`,
    same: stack,
  },
  'stack-function-source-text': { reason: 'a function’s source text is the linked text', same: stack },
  'stack-minified': { reason: LINKED_COLUMNS, same: stack },
  'stack-of-rejected-imports': { reason: LINKED_COLUMNS, same: stack },
  'text-module': {
    reason: 'a module imported as text is the linked text',
    same: withoutLog('as text it is not'),
  },
  'text-module-static': {
    reason: 'a module imported as text is the linked text',
    same: withoutLog('export const value'),
  },
  'worker-imports-from-data-urls': {
    reason:
      'a worker has no import map: what a data: or blob: module in it imports of the site is an instance of its own',
    same: withoutLog('evaluated', /^(?:data|blob) /),
  },
};
