import type { Observations } from '../harness.js';
import { CHROMIUM } from './chromium.js';
import type { EngineDifferences, KnownDifference } from './difference.js';
import { FIREFOX } from './firefox.js';
import { map, withoutLog, withoutOrder } from './rules.js';
import { WEBKIT } from './webkit.js';

const STACK = 'the text of a stack names the run that holds a module, with a line and a column in it';

/** Places without their URL, line and column; also those in inline scripts, whose columns vary. */
const withoutPlaces = (observations: Observations): unknown =>
  map(observations, (text) =>
    text
      .replace(/(?:\b(?:https:\/\/site\/|blob:|data:|url(?=:\d))[^\s():]*(?::\d+){0,2})/g, 'place')
      // A single module that comes over HTTP names itself without the origin.
      .replace(/(?<=at |\(|@)\/[^\s():]+(?::\d+){1,2}/g, 'place'),
  );

const STACKS = [
  'stack-async',
  'stack-columns-after-imports-on-the-same-line',
  'stack-first-line',
  'stack-minified',
  'stack-non-ascii',
  'stack-of-inline-modules',
  'stack-prepared-by-the-page',
  'stack-source-map-comment',
  'stack-traces',
  'worker-stack-trace',
];

/** These log no more than a line and a column from a stack. */
const LINES: KnownDifference = { reason: STACK, same: (o) => map(o, withoutNumbers) };
const withoutNumbers = (text: string): string => (/^\d+[:,]\d+$/.test(text) ? 'place' : text);

const SOURCE_TEXT: KnownDifference = {
  reason: 'a function’s source text is that of the run',
  same: ({ log: _log, ...rest }) => rest,
};

const REQUESTS: KnownDifference = {
  reason: 'performance has entries of runs, and of the modules that lead to them',
  same: withoutLog(' script', ' other', ' link'),
};

const TEXT_MODULE: KnownDifference = {
  reason: 'a module imported as text is the one that leads to the run',
  same: withoutLog('as text it is not', 'export const value', 'modcast:run/'),
};

/** With what a page can tell of joined modules, as of those of any bundle. */
function withFused({ known, ...rest }: EngineDifferences): EngineDifferences {
  const stacks = STACKS.map((name) => {
    const same = (o: Observations) => withoutPlaces((known[name]?.same(o) ?? o) as Observations);
    return [name, { reason: STACK, same }] as const;
  });
  const native = STARTED_NATIVELY.flatMap((name) => {
    const difference = known[name];
    if (difference === undefined) return [];
    return [[name, { reason: difference.reason, same: withoutOrder, varies: true }] as const];
  });
  return {
    ...rest,
    known: {
      ...known,
      ...Object.fromEntries(stacks),
      'stack-function-source-text': SOURCE_TEXT,
      ...Object.fromEntries(native),
      'syntax-byte-order-mark': LINES,
      ...('resource-timing' in known && { 'resource-timing': REQUESTS }),
      // WebKit has no text modules.
      ...('text-module' in known && { 'text-module': TEXT_MODULE, 'text-module-static': TEXT_MODULE }),
    },
  };
}

/** A page that starts without the loader is run by the browser: these differences need not be there. */
const STARTED_NATIVELY = [
  'firefox-inline-module-order-await',
  'import-in-timer-string-and-handlers',
  'script-load-and-error-handlers',
  'script-microtasks-before-the-next-event',
  'script-order-dependency-awaits',
  'url-percent-encoded-alias-is-another-instance',
];

/** Before the loader is there, nobody knows which files the deploy has. */
const MISSING_WORKLET: KnownDifference = {
  reason: 'the error of a worklet that the deploy does not have names the deploy',
  same: (o) => map(o, (text) => text.replace(/\?modcast=[\da-f]{64}/g, '')),
};

export const FUSED_CHROMIUM = withFused({
  ...CHROMIUM,
  known: { ...CHROMIUM.known, 'worker-audio-worklet': MISSING_WORKLET },
});
export const FUSED_FIREFOX = withFused(FIREFOX);
export const FUSED_WEBKIT = withFused(WEBKIT);
