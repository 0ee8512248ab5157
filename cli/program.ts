import { Command, CommanderError } from 'commander';
import { ModcastError } from '../schema/index.js';
import { explainSystemError } from '../registry/system-error.js';
import { COMMANDS, type CommandEntry } from './commands.js';
import { DEFAULT_COLUMNS, EXIT, OutputClosed, type Io } from './io.js';
import { errorJson, jsonLine } from './output/json.js';
import { normalizeCall, commandMessage, usageMessage } from './usage.js';
import { modcastVersion } from './version.js';

const EXAMPLES = `
Examples:
  modcast serve ./public --open      serve a site and open it in the browser
  modcast deploys                    list all deploys
  modcast diff production~1 production --stat
  modcast help diff                  show the help of one command

Exit codes: ${EXIT.done} success, ${EXIT.failed} failure with a message that says why, ${EXIT.usage} wrong usage.
Docs: README.md, docs/cli.md`;

/** @param words the command's full name: `modcast token` */
function inherit(command: Command, words: string): void {
  command.showHelpAfterError(`(See ${words} --help)`);
  for (const inner of command.commands) {
    inner.copyInheritedSettings(command);
    inherit(inner, `${words} ${inner.name()}`);
  }
}

/**
 * Builds the program for one run.
 * @param commands commands to load; help and completion need all of them
 * @param json report wrong usage as JSON
 */
export async function createProgram(
  io: Io,
  commands: readonly CommandEntry[] = COMMANDS,
  { json = false }: { json?: boolean } = {},
): Promise<Command> {
  // The help is wrapped in a pipe too.
  const helpColumns = Number.isFinite(io.columns) ? io.columns : DEFAULT_COLUMNS;
  const program = new Command('modcast')
    .description(
      'A content-addressed registry of ES modules. It serves a site with hot reload, and keeps every version of every module.',
    )
    .version(modcastVersion, '-v, --version')
    .showSuggestionAfterError()
    // Next to the longest command with its arguments, descriptions are wrapped too.
    .configureHelp({ minWidthToWrap: 30 })
    .configureOutput({
      writeOut: (text) => io.write(text),
      // With --json, the hint at the help would be a second, different answer.
      writeErr: (text) => json || io.error(text),
      outputError: (text) => reportFailure(io, json, new ModcastError('option-invalid', usageMessage(text))),
      getOutHelpWidth: () => helpColumns,
      getErrHelpWidth: () => helpColumns,
      getOutHasColors: () => io.colours.isColorSupported,
    })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  for (const { group, load, hidden } of commands) {
    const create = await load();
    program.addCommand(create(io).helpGroup(`${group}:`), { hidden });
  }
  inherit(program, program.name());
  // Not inherited: in the help of a command with subcommands this group would be out of place.
  program.commandsGroup('Maintain:').helpCommand('help [command]', 'show the help of one command');
  return program;
}

/** Writes one line to standard error: JSON, or text that ends with the code, except for wrong usage. */
function reportFailure(io: Io, json: boolean, error: ModcastError, code = ''): void {
  const message = commandMessage(error);
  if (json) io.error(jsonLine({ error: { ...errorJson(error), message } }));
  else io.error(`${io.colours.red('modcast:')} ${message}${code}\n`);
}

/** Whether the arguments ask for JSON. Decided before they are parsed, because that may fail. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}

/**
 * Runs one command.
 * @param args without the program's name
 * @returns the exit code
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const json = wantsJson(args);
  try {
    const named = COMMANDS.filter(({ name }) => name === args[0] && name !== 'completion');
    const program = await createProgram(io, named.length > 0 ? named : COMMANDS, { json });
    await program.parseAsync(normalizeCall(program, args), { from: 'user' }).catch((error: unknown) => {
      // Commander ends help and the version this way.
      if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
    });
    await io.flush?.();
    return io.exitCode;
  } catch (thrown) {
    const error = explainSystemError(thrown);
    if (error instanceof OutputClosed) return io.exitCode;
    if (error instanceof CommanderError) return EXIT.usage;
    if (error instanceof ModcastError) {
      reportFailure(io, json, error, ` ${io.colours.dim(`(${error.code})`)}`);
      return error.code === 'option-invalid' ? EXIT.usage : io.failureCode;
    }
    throw error;
  }
}
