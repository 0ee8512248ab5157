/** What the loader needs, and some browsers with module scripts do not have. */
const NEEDED: Readonly<Record<string, () => unknown>> = {
  'import maps': () => HTMLScriptElement.supports('importmap'),
  'URL.canParse': () => URL.canParse,
  'Array.prototype.toSorted': () => [].toSorted,
  'String.prototype.isWellFormed': () => ''.isWellFormed,
  DecompressionStream: () => window.DecompressionStream,
};

/** The first one that is missing. Others came to all browsers earlier. */
export function missingFeature(): string | undefined {
  return Object.keys(NEEDED).find((name) => {
    try {
      return !NEEDED[name]!();
    } catch {
      return true;
    }
  });
}
