import type { EventEmitter } from 'node:events';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import pc from 'picocolors';
import { ERROR_CODES } from '../schema/index.js';
import { COMMANDS } from './commands.js';
import { commandNodes, visibleOptions } from './completion/command-nodes.js';
import { EXIT, type Io } from './io.js';
import { createProgram } from './program.js';
import { textWidth } from './output/text.js';

/** Generates docs/cli.md from the commands. A test checks that the file is up to date. */

const escapeCell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('**', '\\*\\*').replaceAll('\n', ' ');

/** A table as the formatter would write it. Cells of the first column are code. */
function table(head: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return '';
  const cells = [
    [head, ''],
    ...rows.map(([left, right]) => [`\`${left.replaceAll('|', '\\|')}\``, escapeCell(right)]),
  ];
  const widths = [0, 1].map((i) => Math.max(3, ...cells.map((row) => textWidth(row[i]!))));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell + ' '.repeat(widths[i]! - textWidth(cell))).join(' | ')} |\n`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return `${line(cells[0]!)}${rule}${cells.slice(1).map(line).join('')}\n`;
}

/** The text after a command's options: refs, notes, examples. Examples are a code block. */
function epilogue(command: Command): string {
  let text = '';
  // addHelpText listens to this event. A Command is an EventEmitter, but its types do not say so.
  (command as Command & EventEmitter).emit('afterHelp', {
    error: false,
    command,
    write: (part: string) => (text += part),
  });
  const rest = text.trim();
  const [notes = '', examples] = rest.split(/^Examples:\n/m);
  const plain = notes.trim() === '' ? '' : `${notes.trim().replaceAll('<', '&lt;')}\n\n`;
  const code = examples?.replace(/^ {2}/gm, '').trimEnd();
  return plain + (code === undefined ? '' : `\`\`\`sh\n${code}\n\`\`\`\n\n`);
}

function section(words: string, command: Command): string {
  const help = command.createHelp();
  const usage = `modcast ${words}${help.commandUsage(command).slice(help.commandUsage(command).indexOf(command.name()) + command.name().length)}`;
  const level = words.includes(' ') ? '####' : '###';
  return (
    `${level} modcast ${words}\n\n${(command.description() || command.summary()).replaceAll('\n', ' ').replaceAll('<', '&lt;')}\n\n` +
    `    ${usage}\n\n` +
    table(
      'argument',
      help
        .visibleArguments(command)
        .map((argument) => [help.argumentTerm(argument), help.argumentDescription(argument)]),
    ) +
    table(
      'option',
      visibleOptions(command).map((option) => [option.flags, help.optionDescription(option)]),
    ) +
    epilogue(command)
  );
}

/** The same on every machine. */
const FIXED_IO: Io = {
  write: () => {},
  error: () => {},
  tty: false,
  columns: 110,
  colours: pc.createColors(false),
  cwd: '/',
  env: {},
  now: () => 0,
  exitCode: EXIT.done,
  failureCode: EXIT.failed,
};

const EXIT_CODES: [string, string][] = [
  [String(EXIT.done), 'success'],
  [
    String(EXIT.failed),
    'failure, also of writing the output, with a message that ends in one of the error codes below; diff --exit-code: there are differences; bisect: found no single deploy; grep: no line matches',
  ],
  [String(EXIT.usage), 'wrong usage; diff --exit-code and grep: failure'],
];

const VARIABLES: [string, string][] = [
  ['MODCAST_DB', 'the database, if --db is not given'],
  ['MODCAST_TOKEN', 'the token for publish --to and verify --repair-from'],
  ['MODCAST_PAGER, PAGER', 'the pager on a terminal; empty or cat for none (default: less, with LESS=FRX)'],
  ['NO_COLOR, FORCE_COLOR', 'turn colours off, or on without a terminal'],
  ['COLUMNS', 'width of the output without a terminal (default: lines are not cut)'],
];

/** The whole reference as Markdown. */
export async function reference(): Promise<string> {
  const program = await createProgram(FIXED_IO);
  const nodes = commandNodes(program);
  let text = `# Command line

Generated from the code by \`npm run docs\`. \`modcast help <command>\` prints the same text.

Commands that read the history use the database of \`--db\`, else of \`MODCAST_DB\`, else \`.modcast/registry.db\` in the
current directory or the nearest one above it. They need no running server and can run while one uses the database.

${table('exit code', EXIT_CODES)}${table('variable', VARIABLES)}## JSON

All commands take \`--json\`, except \`serve\`, \`completion\`, \`cat\` (prints bytes) and \`map\` and \`sbom\` (print JSON without it). The JSON
is stable: fields may be added, none is removed or renamed. Times are ISO 8601 in UTC, sizes are in bytes.

- \`deploys\`, \`log\` and \`grep\` print JSON Lines: one document a line, as soon as it is known. Every other command prints one document.
- A failure is one line of JSON on standard error, the last one: \`{"error": {"code", "message", "expected", "found"}}\`. The
  exit code is the same as without \`--json\`. Wrong usage has the code \`option-invalid\`.
- A warning is a line \`{"warning": {"message"}}\` on standard error. The output of the command that \`bisect\` runs goes to
  standard error too.

`;
  for (const group of new Set(COMMANDS.map((command) => command.group))) {
    text += `## ${group}\n\n`;
    for (const { words, command } of nodes) {
      const top = program.commands.find((each) => each.name() === words.split(' ')[0]);
      if (words !== '' && top?.helpGroup() === `${group}:`) text += section(words, command);
    }
  }
  const codes = Object.entries(ERROR_CODES).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${text}## Error codes\n\n${table('code', codes)}`.trimEnd() + '\n';
}

if (argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(await reference());
