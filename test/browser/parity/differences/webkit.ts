import type { Observations } from '../harness.js';
import type { EngineDifferences } from './difference.js';
import { loaderFrames, map, specifiers, withoutLog } from './rules.js';

const STACK = 'Error.stack names the blob that a module runs from: WebKit takes no notice of sourceURL there';

/** Places without the URL of their module. */
const places = (observations: Observations): unknown =>
  map(observations, (text) =>
    loaderFrames(text).replace(/(?:blob:https:\/\/site\/[\da-f-]{36}|https:\/\/site\/[^\s:]*)(?=:\d)/g, 'url'),
  );

const withoutColumns = (observations: Observations): unknown =>
  map(places(observations) as Observations, (text) => text.replace(/(url:\d+):\d+/g, '$1'));

const STACKS = [
  'stack-async',
  'stack-first-line',
  'stack-non-ascii',
  'stack-of-inline-modules',
  'stack-prepared-by-the-page',
  'stack-source-map-comment',
  'stack-source-url-comment',
  'stack-traces',
  'stack-with-query',
  'syntax-byte-order-mark',
  'syntax-cr-only',
  'syntax-crlf',
  'syntax-hashbang',
];

const COLUMNS = [
  'stack-columns-after-imports-on-the-same-line',
  'stack-columns-of-imports-themselves',
  'stack-minified',
];

const sorted = ({ log, ...rest }: Observations): unknown => ({ ...rest, log: log.map(String).sort() });

const ORDER =
  'WebKit runs the module scripts that the parser has found without microtasks in between, and inserted ones with them';

export const WEBKIT: EngineDifferences = {
  known: {
    ...Object.fromEntries(STACKS.map((name) => [name, { reason: STACK, same: places }])),
    ...Object.fromEntries(
      COLUMNS.map((name) => [name, { reason: `${STACK}, and columns are those of the linked text`, same: withoutColumns }]),
    ),
    'firefox-inline-module-order-await': { reason: ORDER, same: sorted },
    'importmap-several': { reason: ORDER, same: sorted },
    'syntax-use-strict-and-scope': { reason: ORDER, same: sorted },
    'importmap-scopes': {
      reason: 'WebKit does not apply a scope that is the URL of one module; the loader follows the standard',
      same: ({ log, ...rest }) => ({ ...rest, log: log.filter((entry) => !/^(?:v4|exact v\d)$/.test(String(entry))) }),
    },
    'script-src-spellings': {
      reason: 'WebKitGTK’s network library decodes %66 in the URL of a response, and the loader does not',
      same: (o) => map(o, (text) => text.replace('%66', 'f')),
    },
    'url-percent-encoded-alias-is-another-instance': {
      reason: 'WebKitGTK’s network library decodes %61 in the URL of a response, and the loader does not',
      same: (o) => map(o, (text) => text.replace('%61', 'a').replaceAll('%c3%a4', '%C3%A4')),
    },
    'importmap-null-static-message': {
      reason: 'a message names a specifier by its natural URL',
      same: (o) => map(o, specifiers),
    },
    'import-in-eval-from-a-module': {
      reason: 'code in eval() is not linked: relative import() there has a blob for its base',
      same: ({ log, ...rest }) => ({ ...rest, last: log.at(-1) }),
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
      same: ({ log, ...rest }) => ({ ...rest, log: [log[0], ...log.slice(2)] }),
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
      same: (o) => map(o, (text) => text.replace(/https:\/\/site\/a\.mjs|\bblob:[^\s'"]+/g, 'a')),
    },
    'script-src-before-base': {
      reason: 'import.meta.resolve in an inline script is the browser’s, and tells the target',
      same: withoutLog(/^(?:https:\/\/site\/lib\.mjs$|blob:)/),
    },
    'stack-function-source-text': {
      reason: 'a function’s source text is the linked text',
      same: ({ log: _log, ...rest }) => rest,
    },
    'syntax-line-separators': {
      reason: 'the lexer does not end a comment at U+2028, and misses the import behind it',
      same: (o) => ({ ...o, log: [], rejections: [] }),
    },
    'blocking-render': {
      reason: 'the loader’s tag is still in the page when a script runs that blocks rendering',
      same: withoutLog(/^\d scripts/),
    },
  },
  unfinished: {
    'importmap-swap-within-a-scope': {
      reason: 'it does not apply a scope that is the URL of one module',
      stopped: ({ errors }) => errors.length > 0,
    },
    'stack-of-rejected-imports': {
      reason: 'it does not settle the import() of a file that is missing after another one',
      stopped: ({ log }) => log.length > 0,
    },
  },
  open: [],
};
