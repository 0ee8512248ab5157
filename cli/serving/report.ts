import { isatty } from 'node:tty';
import type { BootReport, Deploy, Diagnostic, Registry } from '../../registry/index.js';
import { ModcastError, byCodeUnit, diffManifests, type Manifest, type Path } from '../../schema/index.js';
import { count, formatBytes, formatMs } from '../output/format.js';
import type { Colours } from '../io.js';
import { diagnosticText, frameLines } from '../output/diagnostic.js';
import { pathList } from '../output/path-list.js';
import { printable, textWidth } from '../output/table.js';

/** Of one change so many problems are told one by one. */
const TOLD = 10;

/** Characters of what a page says, and lines of an excerpt. */
const PAGE_TEXT = 400;
const PAGE_LINES = 6;

/**
 * Tells on the terminal what a server does, a line for each thing.
 * @param width columns of the terminal just now
 */
export function report(registry: Registry, colours: Colours, width: () => number): void {
  const { dim, green, red, yellow } = colours;
  const live = isatty(2);
  const time = () => dim(new Date().toTimeString().slice(0, 8));
  // Writing waits for the terminal, which is not to be in the way of what leaves for the pages just now.
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
  let before: Manifest | undefined;
  // What is read at the start is told with the URL; a registry that cannot start says so itself.
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
        ? `${yellow('gone')}   the directory is not there any more: pages stay as they are until it is back`
        : `${green('back')}   the directory is there again`,
    );
  });
  registry.on('booted', (boot) => say(bootText(boot, colours)));
  const failures = { deploy: null as number | null, texts: new Set<string>() };
  registry.on('failed', (report) => {
    if (report.deploy !== failures.deploy) failures.texts.clear();
    failures.deploy = report.deploy;
    const text = failureText(report, colours);
    // Several pages may fail on one module.
    if (failures.texts.has(text)) return;
    failures.texts.add(text);
    say(text);
  });
  registry.on('damaged', (hash, mended) => {
    const outcome = mended ? 'mended from the file' : 'its modules come over plain HTTP';
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

/** `deploy 5 · 1 changed, 1 added · main.mjs, new.mjs`, of so many paths as fit in `width` columns. */
export function deployText(
  { deploy, paths }: { readonly deploy: Deploy; readonly paths: readonly Path[] },
  width: number,
  { dim, green }: Colours,
): string {
  const changes = [
    [deploy.changed, 'changed'],
    [deploy.added, 'added'],
    [deploy.removed, 'removed'],
  ].flatMap(([n, what]) => (n === 0 ? [] : [`${n} ${what}`]));
  const dot = ` ${dim('·')} `;
  const text = `${green('deploy')} ${deploy.number}${dot}${changes.join(', ') || 'pages changed'}`;
  if (paths.length === 0) return text;
  return `${text}${dot}${pathList(paths, width - textWidth(text + dot))}`;
}

/** What is no fault of ours needs no stack. */
function errorText(error: unknown, dim: (text: string) => string): unknown {
  if (error instanceof ModcastError) return `${printable(error.message)} ${dim(`(${error.code})`)}`;
  const isOfSystem = error instanceof Error && 'syscall' in error;
  return isOfSystem ? printable(error.message) : error;
}

function bootText({ deploy, from, ms, bytes }: BootReport, { cyan, dim }: Colours): string {
  const what = deploy === null ? 'without a deploy' : `deploy ${deploy}`;
  return `${cyan('boot')}   ${what} ${dim('·')} from ${from} ${dim('·')} ${formatBytes(bytes)} sent ${dim('·')} ${formatMs(ms)}`;
}

/** What a page says of a failure; of a module's own an excerpt is below. */
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
 * What has come to a list of problems, and what has gone from it. What was known stays untold.
 *
 * @returns texts of a line each, or of more where a file does not parse
 */
export function problemTexts(
  before: readonly Diagnostic[],
  after: readonly Diagnostic[],
  colours: Colours,
): string[] {
  const told = new Set(before.map((problem) => JSON.stringify(problem)));
  const news = after.filter((problem) => !told.has(JSON.stringify(problem)));
  const left = new Set(after.map(({ path }) => path));
  const gone = before.filter(({ path }) => !left.has(path)).map(({ path }) => printable(path));
  const texts = news.slice(0, TOLD).map((problem) => diagnosticText(problem, colours));
  if (news.length > TOLD) texts.push(colours.dim(`and ${count(news.length - TOLD, 'more problem')}`));
  if (gone.length > 0) {
    const rest = gone.length > TOLD ? ` and ${gone.length - TOLD} more` : '';
    texts.push(`${colours.green('solved')} ${gone.slice(0, TOLD).join(', ')}${rest}`);
  }
  return texts;
}
