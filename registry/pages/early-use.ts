/** What classic scripts may do before the loader has installed the import map. */
export interface EarlyUse {
  /** Import a module, or insert a module script. */
  readonly modules: boolean;
  /** Insert an import map. */
  readonly maps: boolean;
}

const MODULES = /\bimport\s*[(/]|importmap|(["'`])module\1|\btype\s*=\s*\\?["']?module\b/i;
const MAPS = /importmap/i;

/** Reads it from the text of a classic script. What is said by mistake costs speed only. */
export const earlyUse = (source: string): EarlyUse => ({
  modules: MODULES.test(source),
  maps: MAPS.test(source),
});

export const NO_EARLY_USE: EarlyUse = { modules: false, maps: false };

/** What one of two does. */
export const eitherUse = (a: EarlyUse, b: EarlyUse): EarlyUse => ({
  modules: a.modules || b.modules,
  maps: a.maps || b.maps,
});

/** What inline classic scripts may do early, all together. Undefined where they do nothing. */
export function inlineUse(sources: readonly string[]): EarlyUse | undefined {
  const use = sources.map(earlyUse).reduce(eitherUse, NO_EARLY_USE);
  return use.modules ? use : undefined;
}
