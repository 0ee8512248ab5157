import { printable, textWidth, truncateStart } from './table.js';

/** Below this a path says nothing, whatever the terminal's width. */
const READABLE = 12;

/**
 * The first paths of a list, so many as fit in `width` columns: `a.mjs, lib/b.mjs and 12 more`. There is always one, whose
 * end tells most.
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
  return truncateStart(names[0]!, Math.max(READABLE, width - textWidth(rest))) + rest;
}
