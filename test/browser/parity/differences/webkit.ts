import type { Observations } from '../harness.js';
import type { EngineDifferences, KnownDifference, UnfinishedFixture } from './difference.js';
import { IN_EVERY_ENGINE } from './shared.js';
import { loaderFrames, map, withoutLog, withoutOrder } from './rules.js';

const STACK = 'Error.stack names the blob that a module runs from: WebKit takes no notice of sourceURL there';

/** Places without the URL of their module. */
const places = (observations: Observations): unknown =>
  map(observations, (text) =>
    loaderFrames(text).replace(
      /(?:blob:https:\/\/site\/[\da-f-]{36}|https:\/\/site\/[^\s:]*)(?=:\d)/g,
      'url',
    ),
  );

/** Also without the frames of functions without a name: `import()` is one natively. */
const withoutColumns = (observations: Observations): unknown =>
  map(places(observations) as Observations, (text) =>
    text.replace(/(url:\d+):\d+/g, '$1').replace(/\n@url:\d+/g, ''),
  );

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
];

const COLUMNS = [
  'stack-columns-after-imports-on-the-same-line',
  'stack-columns-of-imports-themselves',
  'stack-minified',
];

const sorted = ({ log, ...rest }: Observations): unknown => ({ ...rest, log: log.map(String).sort() });

const ORDER =
  'WebKit runs the module scripts that the parser has found without microtasks in between, and inserted ones with them';

/** On a busy machine, natively too. */
const STYLES: KnownDifference = {
  reason: 'WebKit may run module scripts without waiting for style sheets, and ours come at another time',
  same: withoutOrder,
  varies: true,
};

const CSS: UnfinishedFixture = {
  reason: 'it has no CSS modules',
  stopped: ({ errors }) => errors.length > 0,
};

export const WEBKIT: EngineDifferences = {
  known: {
    ...IN_EVERY_ENGINE,
    'css-linked-stylesheet-stays': STYLES,
    'script-waits-for-stylesheets': STYLES,
    ...Object.fromEntries(STACKS.map((name) => [name, { reason: STACK, same: places }])),
    ...Object.fromEntries(
      COLUMNS.map((name) => [
        name,
        { reason: `${STACK}, and columns are those of the linked text`, same: withoutColumns },
      ]),
    ),
    'firefox-inline-module-order-await': { reason: ORDER, same: sorted },
    'script-microtasks-before-the-next-event': { reason: ORDER, same: sorted },
    'script-order-dependency-awaits': { reason: ORDER, same: sorted },
    'script-order-mixed': { reason: ORDER, same: sorted },
    'script-src-before-base': {
      reason: 'WebKit resolves import() of an inline module by the base URL of the page’s first one',
      same: ({ log, ...rest }) => ({ ...rest, log: log.with(6, '') }),
    },
    'import-after-the-page-moved': { reason: ORDER, same: sorted, varies: true },
    'importmap-scopes': {
      reason:
        'WebKit does not always apply the most specific scope, nor one that is the URL of one module; the loader follows the standard',
      varies: true,
      same: ({ log, ...rest }) => ({
        ...rest,
        log: log
          .map(String)
          .flatMap((entry) => (/^(?:v\d|exact v\d)$/.test(entry) ? [] : [entry.replace(/\bv\d/g, 'v')])),
      }),
    },
    'script-src-spellings': {
      reason: 'WebKitGTK’s network library decodes %66 in the URL of a response, and the loader does not',
      same: (o) => map(o, (text) => text.replace('%66', 'f')),
    },
    'url-percent-encoded-alias-is-another-instance': {
      reason: 'WebKitGTK’s network library decodes %61 in the URL of a response, and the loader does not',
      same: (o) => map(o, (text) => text.replace('%61', 'a').replaceAll('%c3%a4', '%C3%A4')),
    },
    'resource-timing': {
      reason:
        'performance has an entry of each module that the browser has requested, and none of one that runs from a blob',
      same: ({ log, ...rest }) => ({ ...rest, log: [log[0], ...log.slice(2)] }),
    },
    'stack-function-source-text': {
      reason: 'a function’s source text is the linked text',
      same: ({ log: _log, ...rest }) => rest,
    },
    'blocking-render': {
      reason:
        'the loader’s tag is still there when a script that blocks rendering runs: WebKit runs no script that was removed while it loads',
      same: withoutLog(/^\d scripts/),
    },
  },
  unfinished: {
    'css-module': CSS,
    'css-module-relative-url': CSS,
    'importmap-swap-within-a-scope': {
      reason: 'it does not always apply a scope that is the URL of one module',
      varies: true,
      stopped: ({ errors }) => errors.length > 0,
    },
    'importmap-with-base-href': {
      reason: 'an import() of a module that waits for a top-level await does not settle',
      stopped: ({ log }) => log.includes('https://site/app/sub/'),
    },
    'json-static': {
      reason: 'it takes no line break before the attributes of an import',
      stopped: ({ errors }) => errors.length > 0,
    },
    'stack-of-rejected-imports': {
      reason: 'the error of an import() that fails has no stack',
      stopped: ({ log }) => log.length > 0,
    },
    'tla-error': {
      reason: 'it does not report an error that follows a top-level await in a dependency',
      stopped: ({ log }) => log.includes('fails throws'),
    },
    'tla-siblings-in-parallel': {
      reason: 'it does not evaluate the next dependency while one waits for a top-level await',
      stopped: ({ log }) => log.includes('a starts'),
    },
  },
  open: [],
};
