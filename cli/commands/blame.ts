import { Command } from 'commander';
import { blame, resolveDeploy, type BlamedLine } from '../../registry/history/index.js';
import type { Deploy, Store } from '../../registry/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { formatTime, timeOption, type TimeStyle } from '../options/time-style.js';
import { deployJson, writeJson } from '../output/json.js';
import { paged } from '../output/pager.js';
import { printable, textWidth, truncate } from '../output/text.js';

interface BlameOptions extends DatabaseOptions {
  time: TimeStyle;
  json?: true;
}

/** Terminal columns of an author's name. */
const AUTHOR_WIDTH = 16;

export function blameCommand(io: Io): Command {
  const command = new Command('blame')
    .summary('show which deploy last changed each line')
    .description(
      'Shows the source of a module. Each line carries the deploy of its channel that last changed it. Follows a module that was moved without a change.',
    )
    .argument('<path>', 'a module: lib/disk.mjs')
    .argument('[ref]', 'the deploy to read (default: the newest of production, else the newest of all)');
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
  modcast blame lib/disk.mjs production~3 --time local`,
    )
    .action((path: string, ref: string | undefined, options: BlameOptions) =>
      withStore(io, options, async (store) => {
        const channel = ref === undefined ? await chooseChannel(store, undefined) : null;
        if (ref === undefined && channel === null) return io.write(`${NO_DEPLOYS}\n`);
        const deploy = await resolveDeploy(store, ref ?? channel!, io.now());
        const plain = path.replace(/^\.\//, '');
        const lines = await blame(store, deploy, plain);
        const deploys = await deploysOf(store, lines);
        if (options.json) {
          const known = [...deploys].flatMap(([number, found]) =>
            found === null ? [] : [[number, deployJson(found)]],
          );
          return writeJson(io, {
            path: plain,
            deploy: deployJson(deploy),
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
  const heads = lines.map(({ deploy: number, path: at }) => {
    const deploy = deploys.get(number) ?? null;
    const who =
      deploy === null
        ? ''
        : truncate(printable(deploy.author), Number.isFinite(io.columns) ? AUTHOR_WIDTH : Infinity);
    const when = deploy === null ? 'dropped' : formatTime(io, style, deploy.time);
    return [String(number), ...(lines.some((line) => line.path !== path) ? [at] : []), who, when];
  });
  const widths = (heads[0] ?? []).map((_, i) => Math.max(...heads.map((head) => textWidth(head[i]!))));
  const digits = String(lines.length).length;
  let output = '';
  heads.forEach((head, index) => {
    const { line, text, deploy } = lines[index]!;
    const cells = head.map((cell, i) => {
      const space = ' '.repeat(widths[i]! - textWidth(cell));
      return i === 0 ? space + yellow(cell) : dim(cell + space);
    });
    // Consecutive lines of one deploy name it once.
    const again = lines[index - 1]?.deploy === deploy && io.colours.isColorSupported && io.tty;
    const left = again ? ' '.repeat(widths.reduce((sum, width) => sum + width + 2, -2)) : cells.join('  ');
    output += `${left} ${dim(`${String(line).padStart(digits)} │`)} ${text.replace(/\r?\n$/, '')}\n`;
  });
  return output;
}
