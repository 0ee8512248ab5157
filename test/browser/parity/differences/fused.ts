import type { Observations } from '../harness.js';
import { CHROMIUM } from './chromium.js';
import type { EngineDifferences, KnownDifference } from './difference.js';
import { FIREFOX } from './firefox.js';
import { map, withoutLog } from './rules.js';
import { WEBKIT } from './webkit.js';

const STACK = 'the text of a stack names the run that holds a module, with a line and a column in it';

/** Places without their URL, line and column; also those in inline scripts, whose columns vary. */
const withoutPlaces = (observations: Observations): unknown =>
  map(observations, (text) =>
    text.replace(/(?:\b(?:https:\/\/site\/|blob:|data:)[^\s():]*(?::\d+){0,2})/g, 'place'),
  );

const STACKS = [
  'stack-columns-after-imports-on-the-same-line',
  'stack-first-line',
  'stack-minified',
  'stack-non-ascii',
  'stack-prepared-by-the-page',
  'stack-source-map-comment',
  'stack-traces',
];

/** What of modules that are joined a page can tell, as of those of any bundle. */
const FUSED: Readonly<Record<string, KnownDifference>> = {
  ...Object.fromEntries(STACKS.map((name) => [name, { reason: STACK, same: withoutPlaces }])),
  'stack-function-source-text': {
    reason: 'a function’s source text is that of the run',
    same: ({ log: _log, ...rest }) => rest,
  },
  'text-module': {
    reason: 'a module imported as text is the one that leads to the run',
    same: withoutLog('as text it is not', 'modcast:run/'),
  },
};

const withFused = (unfused: EngineDifferences): EngineDifferences => ({
  ...unfused,
  known: { ...unfused.known, ...FUSED },
});

export const FUSED_CHROMIUM = withFused(CHROMIUM);
export const FUSED_FIREFOX = withFused(FIREFOX);
export const FUSED_WEBKIT = withFused(WEBKIT);
