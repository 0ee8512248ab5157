import type { Change } from './comparison.js';
import { binaryPatch, gitObjectName } from './git-binary.js';
import { quoteName } from './quote-name.js';
import { textsOf, type Texts } from './read-blob.js';
import { matchLines, splitLines, type LineCounts, type Match } from './lines.js';

/** A line of a patch without its line break. Terminals colour it by its kind. */
export interface PatchLine {
  readonly kind: 'header' | 'hunk' | 'context' | 'added' | 'deleted';
  readonly text: string;
}

export interface Patch extends LineCounts {
  readonly lines: readonly PatchLine[];
  /** Whether one side is not text. Then the patch says that they differ, or has all bytes. */
  readonly binary: boolean;
  /** The encoding in which the lines have the bytes of both sides. */
  readonly encoding: Texts['encoding'];
}

export interface PatchOptions {
  /** Lines around a change. Default 3. */
  readonly context?: number | undefined;
  /** Write the bytes of binary files, for `git apply`. Default: only say that they differ. */
  readonly binary?: boolean | undefined;
  /**
   * Lines that differ only in white space are equal, as with git's -w. A file without other changes has no
   * lines. Context is that of the new side.
   */
  readonly ignoreSpace?: boolean | undefined;
}

const NO_NEWLINE = '\\ No newline at end of file';
const MODE = '100644';
const ABBREVIATED = 10;
/** git's name for a file that does not exist. */
const NO_OBJECT = '0'.repeat(40);
/** Characters of the line that a hunk header shows, as in git. */
const HEADING = 80;

/** An unquoted name with a space is followed by a tab, so that patch finds its end. */
function inHeader(name: string): string {
  const quoted = quoteName(name);
  return quoted === name && name.includes(' ') ? `${name}\t` : quoted;
}

interface Hunk {
  before: number;
  after: number;
  beforeEnd: number;
  afterEnd: number;
}

/** Changes at most twice the context apart share a hunk. */
function hunksOf(matches: readonly Match[], before: number, after: number, context: number): Hunk[] {
  const changes: Hunk[] = [];
  let i = 0;
  let j = 0;
  for (const match of [...matches, { before, after, length: 0 }]) {
    if (match.before > i || match.after > j) {
      changes.push({ before: i, after: j, beforeEnd: match.before, afterEnd: match.after });
    }
    i = match.before + match.length;
    j = match.after + match.length;
  }
  const hunks: Hunk[] = [];
  for (const change of changes) {
    const lead = Math.min(context, change.before, change.after);
    const tail = Math.min(context, before - change.beforeEnd, after - change.afterEnd);
    const open = hunks.at(-1);
    if (open !== undefined && change.before - lead <= open.beforeEnd) {
      open.beforeEnd = change.beforeEnd + tail;
      open.afterEnd = change.afterEnd + tail;
    } else {
      hunks.push({
        before: change.before - lead,
        after: change.after - lead,
        beforeEnd: change.beforeEnd + tail,
        afterEnd: change.afterEnd + tail,
      });
    }
  }
  return hunks;
}

/** `3,7`; one line is `3`; an empty range is after the line before it. */
function range(start: number, end: number): string {
  const length = end - start;
  const first = length === 0 ? start : start + 1;
  return length === 1 ? String(first) : `${first},${length}`;
}

/** The nearest line above with a letter, `_` or `$` in its first column. */
function heading(lines: readonly string[], before: number): string {
  for (let i = before - 1; i >= 0; i--) {
    if (/^[A-Za-z_$]/.test(lines[i]!)) return ` ${lines[i]!.slice(0, HEADING).trimEnd()}`;
  }
  return '';
}

function hunkLines(
  hunk: Hunk,
  before: readonly string[],
  after: readonly string[],
  matches: readonly Match[],
): PatchLine[] {
  const lines: PatchLine[] = [
    {
      kind: 'hunk',
      text: `@@ -${range(hunk.before, hunk.beforeEnd)} +${range(hunk.after, hunk.afterEnd)} @@${heading(before, hunk.before)}`,
    },
  ];
  const put = (kind: 'context' | 'added' | 'deleted', sign: string, line: string): void => {
    const whole = line.endsWith('\n');
    lines.push({ kind, text: sign + (whole ? line.slice(0, -1) : line) });
    if (!whole) lines.push({ kind, text: NO_NEWLINE });
  };
  let i = hunk.before;
  let j = hunk.after;
  const inside = matches.filter(
    (match) => match.before + match.length > hunk.before && match.before < hunk.beforeEnd,
  );
  for (const match of [...inside, { before: hunk.beforeEnd, after: hunk.afterEnd, length: 0 }]) {
    const skipped = Math.max(0, hunk.before - match.before);
    while (i < match.before) put('deleted', '-', before[i++]!);
    while (j < match.after) put('added', '+', after[j++]!);
    for (let n = skipped; n < match.length && i < hunk.beforeEnd; n++, i++) put('context', ' ', after[j++]!);
  }
  return lines;
}

/** @param names git's names of the contents on both sides: patch knows that of an empty file */
function header({ status, path, oldPath, similarity }: Change, names: readonly string[]): string[] {
  const from = oldPath ?? path;
  // patch takes names from this line, and finds their ends only if names with spaces are quoted.
  const lines = [`diff --git ${quoteName(`a/${from}`, true)} ${quoteName(`b/${path}`, true)}`];
  if (status === 'added') lines.push(`new file mode ${MODE}`);
  if (status === 'deleted') lines.push(`deleted file mode ${MODE}`);
  if (status === 'renamed') {
    lines.push(
      `similarity index ${similarity}%`,
      `rename from ${quoteName(from)}`,
      `rename to ${quoteName(path)}`,
    );
  }
  if (names[0] !== names[1]) {
    const mode = status === 'modified' || status === 'renamed' ? ` ${MODE}` : '';
    lines.push(`index ${names.join('..')}${mode}`);
  }
  return lines;
}

/**
 * The patch of one change, in the unified format with git's extended headers, for `patch -p1` and `git
 * apply`.
 *
 * @param before content on each side; empty when there is none
 */
export function makePatch(
  change: Change,
  before: Uint8Array,
  after: Uint8Array,
  { context = 3, binary = false, ignoreSpace = false }: PatchOptions = {},
): Patch {
  const sides = [change.before, change.after] as const;
  const headed = (digits: number, ...rest: string[]): PatchLine[] => {
    const names = [before, after].map((bytes, i) => (sides[i] === null ? NO_OBJECT : gitObjectName(bytes)));
    const short = names.map((name) => name.slice(0, digits));
    return [...header(change, short), ...rest].map((text) => ({ kind: 'header', text }));
  };
  const nothing = { added: 0, deleted: 0 };
  if (change.before?.hash === change.after?.hash) {
    return { lines: headed(ABBREVIATED), binary: false, encoding: 'utf8', ...nothing };
  }
  const both = textsOf(before, after);
  const from = change.before === null ? '/dev/null' : `a/${change.oldPath ?? change.path}`;
  const to = change.after === null ? '/dev/null' : `b/${change.path}`;
  if (both === undefined) {
    const lines = binary
      ? headed(NO_OBJECT.length, ...binaryPatch(before, after))
      : headed(ABBREVIATED, `Binary files ${quoteName(from)} and ${quoteName(to)} differ`);
    return { lines, binary: true, encoding: 'utf8', ...nothing };
  }
  const { encoding } = both;
  const lines = headed(ABBREVIATED);
  const [a, b] = both.texts.map(splitLines) as [string[], string[]];
  const matches = matchLines(a, b, ignoreSpace);
  const common = matches.reduce((sum, match) => sum + match.length, 0);
  const counts = { added: b.length - common, deleted: a.length - common };
  if (ignoreSpace && change.status === 'modified' && counts.added + counts.deleted === 0)
    return { lines: [], binary: false, encoding, ...counts };
  if (a.length + b.length === 0) return { lines, binary: false, encoding, ...counts };
  if (common === a.length && common === b.length) return { lines, binary: false, encoding, ...counts };
  lines.push(
    { kind: 'header', text: `--- ${inHeader(from)}` },
    { kind: 'header', text: `+++ ${inHeader(to)}` },
  );
  for (const hunk of hunksOf(matches, a.length, b.length, context))
    lines.push(...hunkLines(hunk, a, b, matches));
  return { lines, binary: false, encoding, ...counts };
}
