import {
  STATUS_LETTERS,
  packageChangeText,
  splitPackageChanges,
  type Change,
} from '../../registry/history/index.js';
import type { Io } from '../io.js';
import { printable } from './text.js';

/** `a/{b/old.mjs → c/new.mjs}`: a rename with the common parts written once, as git does. */
export function formatPaths({ path: to, oldPath }: Pick<Change, 'path' | 'oldPath'>): string {
  if (oldPath === null) return to;
  let start = 0;
  while (start < to.length && start < oldPath.length && to[start] === oldPath[start]) start++;
  start = to.lastIndexOf('/', start - 1) + 1;
  let end = 0;
  const most = Math.min(to.length, oldPath.length) - start;
  while (end < most && to.at(-1 - end) === oldPath.at(-1 - end)) end++;
  const tail = to.indexOf('/', to.length - end);
  const rest = tail === -1 ? 0 : to.length - tail;
  const [was, is] = [oldPath, to].map((text) => text.slice(start, text.length - rest));
  if (start === 0 && rest === 0) return `${oldPath} → ${to}`;
  return `${to.slice(0, start)}{${was} → ${is}}${to.slice(to.length - rest)}`;
}

/** `M`, `R095`: the letter of a change in the colour of its kind. */
export function statusLetter(io: Io, { status }: Change, suffix = ''): string {
  const { green, red, yellow, cyan } = io.colours;
  const paint = { added: green, deleted: red, modified: yellow, renamed: cyan }[status];
  return paint(STATUS_LETTERS[status] + suffix);
}

/** `M  lib/disk.mjs` */
export const statusLine = (io: Io, change: Change): string =>
  `${statusLetter(io, change)}  ${printable(formatPaths(change))}`;

/**
 * One line for each change. Those of a package are one line, unless its files are asked for: `P  lit 3.2.1 →
 * 3.3.0 (12 files)`.
 */
export function statusLines(io: Io, changes: readonly Change[], withFiles: boolean): string[] {
  if (withFiles) return changes.map((change) => statusLine(io, change));
  const { packages, derived, others } = splitPackageChanges(changes);
  const letter = io.colours.cyan('P');
  return [
    ...packages.map((one) => `${letter}  ${printable(packageChangeText(one))}`),
    ...[...derived, ...others].map((change) => statusLine(io, change)),
  ];
}

/**
 * The changes of a deploy, one a line.
 * @param changes null if the deploy before it was dropped by gc
 * @param withFiles list the files of packages too
 */
export function changeList(io: Io, changes: readonly Change[] | null, withFiles = false): string {
  const { dim } = io.colours;
  if (changes === null)
    return `${dim('Changes are not known: `modcast gc` has dropped the deploy before it.')}\n`;
  if (changes.length === 0) return `${dim('No file changed.')}\n`;
  return statusLines(io, changes, withFiles)
    .map((line) => `${line}\n`)
    .join('');
}

/** What changed in packages, in the place of patches: a line for each. */
export function packageLines(
  io: Io,
  { packages, derived }: Pick<ReturnType<typeof splitPackageChanges>, 'packages' | 'derived'>,
): string[] {
  const texts = [
    ...packages.map((one) => packageChangeText(one)),
    ...derived.map(({ path }) => `names: ${path} (--packages shows its lines)`),
  ];
  return texts.map((text) => `${io.colours.bold(`package ${printable(text)}`)}\n`);
}

/** `3 changed, 1 added`; an empty text for no change. */
export function changeCounts(counts: { readonly [kind in 'changed' | 'added' | 'removed']: number }): string {
  return (['changed', 'added', 'removed'] as const)
    .flatMap((kind) => (counts[kind] === 0 ? [] : [`${counts[kind].toLocaleString('en')} ${kind}`]))
    .join(', ');
}
