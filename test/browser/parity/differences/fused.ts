import { CHROMIUM } from './chromium.js';
import type { EngineDifferences, KnownDifference } from './difference.js';
import { FIREFOX } from './firefox.js';
import { WEBKIT } from './webkit.js';

/** What of modules that are joined a page can tell, as of those of any bundle. */
const FUSED: Readonly<Record<string, KnownDifference>> = {};

const withFused = (unfused: EngineDifferences): EngineDifferences => ({
  ...unfused,
  known: { ...unfused.known, ...FUSED },
});

export const FUSED_CHROMIUM = withFused(CHROMIUM);
export const FUSED_FIREFOX = withFused(FIREFOX);
export const FUSED_WEBKIT = withFused(WEBKIT);
