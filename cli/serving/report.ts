import { isatty } from 'node:tty';
import {
  UNCHANGED,
  type BootReport,
  type Deploy,
  type Diagnostic,
  type Registry,
  type UnchangedCode,
} from '../../registry/index.js';
import { ModcastError, byCodeUnit, diffManifests, type Manifest, type Path } from '../../schema/index.js';
import type { Colours } from '../io.js';
import { changeCounts } from '../output/changes.js';
import { diagnosticText, frameLines } from '../output/diagnostic-text.js';
import { ConversionProgress } from '../output/conversion-progress.js';
import { count, formatBytes, formatMs } from '../output/format.js';
import { pathList } from '../output/path-list.js';
import { printable, textWidth } from '../output/text.js';
import { PageFailures } from './page-failures.js';

/** How many problems of one change are listed. */
const LISTED = 10;

/** Longest line of a page's message in characters, and lines of an excerpt. */
const PAGE_TEXT = 400;
const PAGE_LINES = 6;

/**
 * Prints the events of a server on the terminal, one line each.
 * @param width current columns of the terminal
 */
export function report(registry: Registry, colours: Colours, width: () => number): void {
  const { dim, green, red, yellow } = colours;
  const live = isatty(2);
  const time = () => dim(new Date().toTimeString().slice(0, 8));
  // Writing to a terminal can block. Send updates to the pages first.
  const later = (text: () => string) => {
    const at = time();
    setImmediate(() => console.log(`${at} ${text()}`));
  };
  const say = (text: string) => later(() => text);
  registry.on('reading', ({ done, total }) => {
    if (!live) return;
    process.stderr.write(
      done === total ? '\r\u001b[K' : `\r  reading ${done.toLocaleString('en')} of ${count(total, 'file')}…`,
    );
  });
  const converting = new ConversionProgress({ tty: live, error: (text) => process.stderr.write(text) });
  registry.on('converting', (names) => converting.show(names));
  let before: Manifest | undefined;
  // The first deploy is printed with the URL, and a failed start by the command itself.
  registry.ready.then(
    (read) => (before = read?.manifest),
    () => {},
  );
  registry.on('deploy', ({ deploy, manifest }) => {
    const last = before;
    if (last === undefined) return;
    before = manifest;
    later(() => {
      const columns = width() - textWidth(`${time()} `);
      return deployText({ deploy, paths: changedPaths(last, manifest) }, columns, colours);
    });
  });
  registry.on('published', ({ number, channel, author }) => {
    say(`${green('deploy')} ${number} on ${channel} ${dim('·')} published by ${printable(author)}`);
  });
  let known: readonly Diagnostic[] = [];
  registry.on('problems', (problems) => {
    for (const text of problemTexts(known, problems, colours)) say(text);
    known = problems;
  });
  registry.on('directory', (state) => {
    say(
      state === 'gone'
        ? `${yellow('gone')}   the directory was deleted or moved; pages keep what they have until it is back`
        : `${green('back')}   the directory is back`,
    );
  });
  const unchanged = new Map<Path, string>();
  registry.on('unchanged', (page, code, directive) => {
    const text = unchangedText(page, code, directive, colours);
    if (unchanged.get(page) === text) return;
    unchanged.set(page, text);
    say(text);
  });
  registry.on('booted', (boot) => say(bootText(boot, colours)));
  const failures = new PageFailures();
  for (const event of ['deploy', 'published'] as const) registry.on(event, () => failures.forget());
  registry.on('failed', (report) => {
    const taken = failures.take(report);
    if (taken === false) return;
    say(failureText(report, colours));
    if (taken === 'last') say(dim('more failures of pages are not listed before the next deploy'));
  });
  registry.on('damaged', (hash, mended) => {
    const outcome = mended
      ? 'repaired from its file'
      : 'pages load its modules over HTTP. Run `modcast verify` for details';
    say(`${red('damaged')} blob ${hash.slice(0, 12)} in the database: ${outcome}`);
  });
  registry.on('error', (error) => {
    console.error(`${time()} ${red('error')} `, errorText(error, dim));
  });
}

const changedPaths = (from: Manifest, to: Manifest): Path[] => {
  const { set, delete: gone } = diffManifests(from, to);
  return [...set.map(([path]) => path), ...gone].toSorted(byCodeUnit);
};

/** `deploy 5 · 1 changed, 1 added · main.mjs, new.mjs`, with as many paths as fit in `width` columns. */
export function deployText(
  { deploy, paths }: { readonly deploy: Deploy; readonly paths: readonly Path[] },
  width: number,
  { dim, green }: Colours,
): string {
  const dot = ` ${dim('·')} `;
  const text = `${green('deploy')} ${deploy.number}${dot}${changeCounts(deploy) || 'pages changed'}`;
  if (paths.length === 0) return text;
  return `${text}${dot}${pathList(paths, width - textWidth(text + dot))}`;
}

/** No stack for an error of the system or of the user: only for a bug in modcast. */
function errorText(error: unknown, dim: (text: string) => string): unknown {
  if (error instanceof ModcastError) return `${printable(error.message)} ${dim(`(${error.code})`)}`;
  const isOfSystem = error instanceof Error && 'syscall' in error;
  return isOfSystem ? printable(error.message) : error;
}

/** Why a page is served without the loader. */
export function unchangedText(
  page: Path,
  code: UnchangedCode,
  directive: string | null,
  { dim, yellow }: Colours,
): string {
  const text = `${yellow('as is')}  ${printable(page)} is served as it is: ${UNCHANGED[code]}`;
  return directive === null ? text : `${text} ${dim(`(${printable(directive.slice(0, PAGE_TEXT))})`)}`;
}

function bootText({ deploy, from, ms, bytes }: BootReport, { cyan, dim }: Colours): string {
  const what = deploy === null ? 'without a deploy' : `deploy ${deploy}`;
  return `${cyan('boot')}   ${what} ${dim('·')} from ${from} ${dim('·')} ${formatBytes(bytes)} sent ${dim('·')} ${formatMs(ms)}`;
}

/** A failure that a page reports. For a failed module, its source excerpt follows. */
export function failureText(
  { stage, message }: { readonly stage: string; readonly message: string },
  colours: Colours,
): string {
  const { dim, red, yellow } = colours;
  const [first = '', ...frame] = message.split('\n').map((line) => line.slice(0, PAGE_TEXT));
  if (stage !== 'module') return `${yellow('page')}   ${printable(first)} ${dim(`(${printable(stage)})`)}`;
  const excerpt = frame.length === 0 ? undefined : frame.slice(0, PAGE_LINES).join('\n');
  return [`${red('page')}   ${printable(first)}`, ...frameLines(excerpt, colours)].join('\n');
}

/**
 * New and solved problems. Known ones are not repeated.
 *
 * @returns texts of one line each, or of several for a file that does not parse
 */
export function problemTexts(
  before: readonly Diagnostic[],
  after: readonly Diagnostic[],
  colours: Colours,
): string[] {
  const known = new Set(before.map((problem) => JSON.stringify(problem)));
  const added = after.filter((problem) => !known.has(JSON.stringify(problem)));
  const remaining = new Set(after.map(({ path }) => path));
  const solved = before.filter(({ path }) => !remaining.has(path)).map(({ path }) => printable(path));
  const texts = added.slice(0, LISTED).map((problem) => diagnosticText(problem, colours));
  if (added.length > LISTED) texts.push(colours.dim(`and ${count(added.length - LISTED, 'more problem')}`));
  if (solved.length > 0) {
    const rest = solved.length > LISTED ? ` and ${solved.length - LISTED} more` : '';
    texts.push(`${colours.green('solved')} ${solved.slice(0, LISTED).join(', ')}${rest}`);
  }
  return texts;
}
