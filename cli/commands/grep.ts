import { Command } from 'commander';
import { grep, splitRef, type MatchedFile, type MatchedLine } from '../../registry/history/index.js';
import { escapePattern } from '../../registry/packages/escape-pattern.js';
import { ModcastError } from '../../schema/index.js';
import { EXIT, type Io } from '../io.js';
import { NO_DEPLOYS } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { readDeployPaths } from '../options/deploy-paths.js';
import { jsonLinesOption } from '../options/json-option.js';
import { compiled, mistakeIn } from '../options/pattern.js';
import { REFS_HELP } from '../options/refs.js';
import { jsonLine } from '../output/json.js';
import { paged, type Write } from '../output/pager.js';
import { printable, textWidth, truncate } from '../output/text.js';

interface GrepOptions extends DatabaseOptions {
  lineNumber?: true;
  ignoreCase?: true;
  fixedStrings?: true;
  wordRegexp?: true;
  filesWithMatches?: true;
  count?: true;
  json?: true;
}

export function grepCommand(io: Io): Command {
  const command = new Command('grep')
    .summary('search the files of a deploy')
    .description(
      'Prints the lines of a deploy that match a regular expression of JavaScript, as git grep does. Exits with 1 if none does. The first argument after the pattern is a path if it is no ref.',
    )
    .argument('<pattern>', 'a regular expression')
    .argument('[ref]', 'the deploy to search (default: the newest of production, else the newest of all)')
    .argument('[path...]', 'only these files and directories')
    .option('-n, --line-number', 'show the numbers of the lines')
    .option('-i, --ignore-case', 'ignore case')
    .option('-F, --fixed-strings', 'the pattern is text')
    .option('-w, --word-regexp', 'match whole words only')
    .option('-l, --files-with-matches', 'list only the files')
    .option('-c, --count', 'show only the number of lines in each file');
  jsonLinesOption(
    databaseOption(command),
    'a line per match: path, line, column (both from 1), text; of a binary file, and with -l or -c: path, binary, count',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast grep -n 'LIMIT = \\d+'
  modcast grep -i todo production~1 -- lib/
  modcast grep -lF 'import("' 12`,
    )
    .action((text: string, ref: string | undefined, paths: string[], options: GrepOptions) =>
      search(io, text, [...(ref === undefined ? [] : [ref]), ...paths], options),
    );
}

/** The expression of the pattern and its options. @throws ModcastError `option-invalid` */
function expression(text: string, { fixedStrings, wordRegexp, ignoreCase }: GrepOptions): RegExp {
  const source = fixedStrings ? escapePattern(text) : text;
  const reason = mistakeIn(source);
  if (reason !== undefined) {
    const expected = `a regular expression (${reason}), or -F for text`;
    throw new ModcastError('option-invalid', `argument 'pattern': expected ${expected}, found '${text}'`, {
      expected,
      found: text,
    });
  }
  return compiled(wordRegexp ? String.raw`(?<!\w)(?:${source})(?!\w)` : source, ignoreCase);
}

async function search(io: Io, text: string, args: readonly string[], options: GrepOptions): Promise<void> {
  io.failureCode = EXIT.usage;
  await withStore(io, options, async (store) => {
    const wanted = expression(text, options);
    const read = await readDeployPaths(io, store, args);
    io.exitCode = EXIT.failed;
    if (read === null) {
      if (!options.json) io.write(`${NO_DEPLOYS}\n`);
      return;
    }
    const prefix = read.named ? `${splitRef(args[0]!).ref}:` : '';
    await paged(io, async (write) => {
      for await (const file of grep(store, read.manifest, wanted, read.paths)) {
        io.exitCode = EXIT.done;
        if (options.json) await writeMatches(write, file, wanted, options);
        else await write(shown(io, prefix, file, wanted, options));
      }
    });
  });
}

async function writeMatches(
  write: Write,
  { path, binary, lines }: MatchedFile,
  wanted: RegExp,
  { filesWithMatches, count }: GrepOptions,
): Promise<void> {
  if (binary || filesWithMatches || count) return write(jsonLine({ path, binary, count: lines.length }));
  for (const { line, text } of lines)
    await write(jsonLine({ path, line, column: wanted.exec(text)!.index + 1, text }));
}

function shown(
  io: Io,
  prefix: string,
  { path, binary, encoding, lines }: MatchedFile,
  wanted: RegExp,
  options: GrepOptions,
): string | Uint8Array {
  const { magenta, cyan, green } = io.colours;
  const name = printable(`${prefix}${path}`);
  if (options.filesWithMatches) return `${magenta(name)}\n`;
  if (options.count) return `${magenta(name)}${cyan(':')}${lines.length}\n`;
  if (binary) return `Binary file ${name} matches\n`;
  const line = (found: MatchedLine): string => {
    const number = options.lineNumber ? `${found.line}:` : '';
    const room = Math.max(io.columns - textWidth(name) - 1 - number.length, LEAST_TEXT);
    const head = `${magenta(name)}${cyan(':')}${number === '' ? '' : green(String(found.line)) + cyan(':')}`;
    return `${head}${matchedText(io, found.text, wanted, room)}\n`;
  };
  const text = lines.map(line).join('');
  return encoding === 'utf8' ? text : Buffer.concat(lines.map((one) => bytesOf(line(one), name)));
}

/** Columns of a line that are shown at least, also after a long path. */
const LEAST_TEXT = 20;
/** Columns before the first match, if a line has to be cut there. */
const LEAD = 10;

/** The name is UTF-8, the line after it has one character a byte. */
function bytesOf(line: string, name: string): Buffer {
  const end = line.indexOf(name) + name.length;
  return Buffer.concat([Buffer.from(line.slice(0, end)), Buffer.from(line.slice(end), 'latin1')]);
}

/** A line with its matches in colour. On a terminal it is cut around the first match. */
function matchedText(io: Io, text: string, wanted: RegExp, room: number): string {
  const { bold, red } = io.colours;
  const isCut = io.columns !== Infinity;
  const first = wanted.exec(text)!;
  const tooFar = isCut && textWidth(text.slice(0, first.index + first[0].length)) > room;
  const start = tooFar ? Math.max(0, first.index - LEAD) : 0;
  const plain = `${start > 0 ? '…' : ''}${text.slice(start)}`;
  const cut = isCut ? truncate(printable(plain.replaceAll('\t', ' ')), room) : plain;
  if (!io.colours.isColorSupported) return cut;
  return cut.replace(new RegExp(wanted, `${wanted.flags}g`), (found) =>
    found === '' ? '' : bold(red(found)),
  );
}
