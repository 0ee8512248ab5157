import type { Change, Patch } from '../../registry/history/index.js';
import { formatBytes } from './format.js';
import { DEFAULT_COLUMNS, type Io } from '../io.js';
import { formatPaths } from './changes.js';
import { printable, textWidth, truncateStart } from './text.js';

/** Least columns of the bars, and of the names. The rest of a line is shared as git does. */
const LEAST_BARS = 10;

/** Scales a bar to `width`, so that a change of one line is still visible. */
function scale(lines: number, most: number, width: number): number {
  if (lines === 0 || most <= width) return lines;
  return 1 + Math.floor((lines * (width - 1)) / most);
}

/**
 * Columns for the names and for the bars.
 * @param columns for both together; Infinity if names are not cut
 */
function shares(columns: number, longest: number, most: number): { names: number; bars: number } {
  if (columns === Infinity) {
    return { names: longest, bars: Math.min(most, Math.max(LEAST_BARS, DEFAULT_COLUMNS - longest)) };
  }
  const available = Math.max(columns, LEAST_BARS * 2);
  const bars = Math.max(
    Math.min(most, available - longest),
    Math.min(most, Math.max(LEAST_BARS, Math.floor((available * 3) / 8))),
  );
  return { names: Math.min(longest, available - Math.min(bars, available - LEAST_BARS)), bars };
}

function sizes({ before, after }: Change): string {
  return `${formatBytes(before?.size ?? 0)} → ${formatBytes(after?.size ?? 0)}`;
}

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** Changed lines of each file as bars that fit the terminal, and their sum, as in `git diff --stat`. */
export function formatStat(io: Io, changes: readonly Change[], patches: readonly Patch[]): string {
  const { green, red } = io.colours;
  if (changes.length === 0) return ' no file changed\n';
  const totals = patches.map(({ added, deleted }) => added + deleted);
  const most = Math.max(...totals);
  const digits = patches.some(({ binary }) => binary)
    ? Math.max(3, String(most).length)
    : String(most).length;
  const names = changes.map((change) => printable(formatPaths(change)));
  const longest = Math.max(...names.map(textWidth));
  // " name | 123 ++--"
  const { names: nameWidth, bars } = shares(io.columns - digits - 5, longest, most);
  let text = '';
  changes.forEach((change, index) => {
    const { added, deleted, binary } = patches[index]!;
    const name = truncateStart(names[index]!, nameWidth);
    const left = ` ${name}${' '.repeat(nameWidth - textWidth(name))} | `;
    if (binary) {
      text += `${left}${'Bin'.padStart(digits)} ${sizes(change)}\n`;
      return;
    }
    const total = added + deleted;
    const length = scale(total, most, bars);
    let plus = total === 0 ? 0 : Math.round((length * added) / total);
    // If lines were added and deleted, show at least one of each.
    if (length > 1 && added > 0 && deleted > 0) plus = Math.min(Math.max(plus, 1), length - 1);
    const bar = green('+'.repeat(plus)) + red('-'.repeat(length - plus));
    text += `${left}${String(total).padStart(digits)}${total === 0 ? '' : ` ${bar}`}\n`;
  });
  const added = patches.reduce((sum, patch) => sum + patch.added, 0);
  const deleted = patches.reduce((sum, patch) => sum + patch.deleted, 0);
  const sum = [
    ` ${plural(changes.length, 'file')} changed`,
    ...(added > 0 || deleted === 0 ? [`${plural(added, 'insertion')}(+)`] : []),
    ...(deleted > 0 || added === 0 ? [`${plural(deleted, 'deletion')}(-)`] : []),
  ];
  return `${text}${sum.join(', ')}\n`;
}
