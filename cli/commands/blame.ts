import { Command, Option } from 'commander';
import {
  blame,
  resolveDeploy,
  tagsByDeploy,
  typedPath,
  type BlamedLine,
} from '../../registry/history/index.js';
import type { Deploy, Store } from '../../registry/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { lineRange, selectLines, type LineRange } from '../options/line-range.js';
import { formatTime, timeOption, type TimeStyle } from '../options/time-style.js';
import { deployJson, writeJson } from '../output/json.js';
import { paged } from '../output/pager.js';
import { printable, textWidth, truncate, truncateStart } from '../output/text.js';

interface BlameOptions extends DatabaseOptions {
  L?: LineRange;
  ignoreSpace?: true;
  time: TimeStyle;
  json?: true;
}

/** Terminal columns of an author's name, of any cut name, and of a tab in the source. */
const AUTHOR_WIDTH = 16;
const LEAST_WIDTH = 8;
const TAB_WIDTH = 4;

export function blameCommand(io: Io): Command {
  const command = new Command('blame')
    .summary('show which deploy last changed each line')
    .description(
      'Shows the source of a file. Each line carries the deploy of its channel that last changed it. Follows a file that was moved, also when it was edited.',
    )
    .argument('<path>', 'a file: lib/disk.mjs')
    .argument('[ref]', 'the deploy to read (default: the newest of production, else the newest of all)');
  command
    .addOption(
      new Option('-L <start,end>', 'only these lines: 10,20 or 10,+5 or 10, or ,20 or 10').argParser(
        lineRange,
      ),
    )
    .option('-w, --ignore-space', 'a change of white space only does not change a line');
  jsonOption(
    databaseOption(timeOption(command)),
    'path, deploy, deploys (by number), lines: a list of line, text, deploy, path',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast blame lib/disk.mjs
  modcast blame -w -L 10,20 lib/disk.mjs
  modcast blame lib/disk.mjs production~3 --time local`,
    )
    .action((path: string, ref: string | undefined, options: BlameOptions) =>
      withStore(io, options, async (store) => {
        const channel = ref === undefined ? await chooseChannel(store, undefined) : null;
        if (ref === undefined && channel === null) {
          const none = { path: typedPath(path), deploy: null, deploys: {}, lines: [] };
          return options.json ? writeJson(io, none) : io.write(`${NO_DEPLOYS}\n`);
        }
        const deploy = await resolveDeploy(store, ref ?? channel!, io.now());
        const plain = typedPath(path);
        const all = await blame(store, deploy, plain, { ignoreSpace: options.ignoreSpace });
        const lines = options.L === undefined ? all : selectLines(all, options.L, plain);
        const deploys = await deploysOf(store, lines);
        if (options.json) {
          const tags = await tagsByDeploy(store);
          const known = [...deploys].flatMap(([number, found]) =>
            found === null ? [] : [[number, deployJson(found, tags)]],
          );
          return writeJson(io, {
            path: plain,
            deploy: deployJson(deploy, tags),
            deploys: Object.fromEntries(known) as unknown,
            lines,
          });
        }
        await paged(io, (write) => write(format(io, plain, lines, deploys, options.time)));
      }),
    );
}

async function deploysOf(store: Store, lines: readonly BlamedLine[]): Promise<Map<number, Deploy | null>> {
  const numbers = [...new Set(lines.map(({ deploy }) => deploy))].toSorted((a, b) => a - b);
  return new Map(
    await Promise.all(numbers.map(async (number) => [number, await store.deploy(number)] as const)),
  );
}

function format(
  io: Io,
  path: string,
  lines: readonly BlamedLine[],
  deploys: ReadonlyMap<number, Deploy | null>,
  style: TimeStyle,
): string {
  const { dim, yellow } = io.colours;
  const moved = lines.some((line) => line.path !== path);
  const digits = String(lines.at(-1)?.line ?? 0).length;
  const heads = lines.map(({ deploy: number, path: at }) => {
    const deploy = deploys.get(number) ?? null;
    const when = deploy === null ? 'dropped' : formatTime(io, style, deploy.time);
    return [String(number), moved ? printable(at) : '', printable(deploy?.author ?? ''), when];
  });
  const widths = headWidths(heads, Number.isFinite(io.columns) ? io.columns - digits - 3 : Infinity);
  let output = '';
  heads.forEach((head, index) => {
    const { line, text, deploy } = lines[index]!;
    const cells = head.flatMap((full, i) => {
      if (widths[i] === 0) return [];
      const cell = (i === 1 ? truncateStart : truncate)(full, widths[i]!);
      const space = ' '.repeat(widths[i]! - textWidth(cell));
      return [i === 0 ? space + yellow(cell) : dim(cell + space)];
    });
    const columns = widths.reduce((sum, width) => sum + (width === 0 ? 0 : width + 2), -2);
    // Consecutive lines of one deploy name it once.
    const again = lines[index - 1]?.deploy === deploy && io.colours.isColorSupported && io.tty;
    const left = again ? ' '.repeat(columns) : cells.join('  ');
    const source = sourceText(text, io.columns - columns - digits - 4);
    output += `${left} ${dim(`${String(line).padStart(digits)} │`)} ${source}\n`;
  });
  return output;
}

/**
 * Widths of the deploy's number, the path, the author and the time. At most half of the terminal, so that the
 * source can be read: first the author and the path are cut, then both are left out, then the time.
 */
function headWidths(heads: readonly (readonly string[])[], columns: number): number[] {
  const widths = [0, 1, 2, 3].map((i) =>
    heads.reduce((most, head) => Math.max(most, textWidth(head[i]!)), 0),
  );
  if (columns === Infinity) return widths;
  widths[2] = Math.min(widths[2]!, AUTHOR_WIDTH);
  const excess = () => widths.reduce((sum, width) => sum + (width === 0 ? 0 : width + 2), -2) - columns / 2;
  for (const i of [1, 2]) {
    if (excess() > 0)
      widths[i] = Math.max(Math.min(widths[i]!, LEAST_WIDTH), widths[i]! - Math.ceil(excess()));
  }
  for (const i of [1, 2, 3]) if (excess() > 0) widths[i] = 0;
  return widths;
}

/** A line of source that fits the terminal. Anywhere else it is not changed. */
function sourceText(line: string, columns: number): string {
  const text = line.replace(/\r?\n$/, '');
  if (columns === Infinity) return text;
  const spaced = text.replaceAll('\t', ' '.repeat(TAB_WIDTH));
  return truncate(printable(spaced), Math.max(columns, 1));
}
