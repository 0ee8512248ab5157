import { printable, textWidth, truncateStart } from './text.js';

/** A path is never cut to fewer columns, whatever the terminal's width. */
const LEAST_WIDTH = 12;

/**
 * As many paths of a list as fit in `width` columns: `a.mjs, lib/b.mjs and 12 more`. Always at least one, cut
 * at its start if it is too long.
 */
export function pathList(paths: readonly string[], width: number): string {
  const names = paths.map(printable);
  const text = (shown: number): string => {
    const left = names.length - shown;
    return names.slice(0, shown).join(', ') + (left === 0 ? '' : ` and ${left.toLocaleString('en')} more`);
  };
  if (textWidth(text(names.length)) <= width) return text(names.length);
  let shown = 1;
  while (shown + 1 < names.length && textWidth(text(shown + 1)) <= width) shown++;
  if (textWidth(text(shown)) <= width) return text(shown);
  const rest = text(1).slice(names[0]!.length);
  return truncateStart(names[0]!, Math.max(LEAST_WIDTH, width - textWidth(rest))) + rest;
}
