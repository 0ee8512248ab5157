import type { Command } from 'commander';
import { ModcastError } from '../schema/index.js';
import { commandHint } from './command-hints.js';

const INVALID_OPTION = /^(?<name>option '.*?') argument '(?<found>.*)' is invalid\. (?<expected>.*)$/s;
const INVALID_ARGUMENT =
  /^command-argument value '(?<found>.*)' is invalid for (?<name>argument '.*?')\. (?<expected>.*)$/s;

/** Rewrites commander's message for a wrong call in the form of all other errors, without `modcast:`. */
export function usageMessage(text: string): string {
  const plain = text.trimEnd().replace(/^error: /, '');
  const command = /^unknown command '(.*)'/.exec(plain)?.[1] ?? '';
  const hint = commandHint(command);
  // Instead of a command with a similar name.
  if (hint !== undefined) return `unknown command '${command}': ${hint}`;
  const { name, found, expected } =
    (INVALID_OPTION.exec(plain) ?? INVALID_ARGUMENT.exec(plain))?.groups ?? {};
  if (name === undefined) return plain;
  const right = expected!.replace(/^Allowed choices are /, 'one of ').replace(/\.$/, '');
  return `${name}: expected ${right}, found '${found}'`;
}

/** Flags whose names differ from their options of `createRegistry`. */
const FLAGS: { readonly [option: string]: string } = {
  allowedHosts: '--allow-host or --host',
  allowedOrigins: '--allow-origin',
  database: '--db',
};

const flagOf = (option: string): string =>
  FLAGS[option] ?? `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** An error's message, with the flag in place of the API option's name. */
export function commandMessage({ code, message }: ModcastError): string {
  if (code !== 'option-invalid') return message;
  return message.replace(/^([a-z][a-zA-Z]*)(?=: expected )/, flagOf);
}

/** `-3` as `-n 3`, for commands with a limit, as in `git log -3`. */
function expandLimit(command: Command, args: readonly string[]): readonly string[] {
  if (!command.options.some(({ long }) => long === '--limit')) return args;
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.flatMap((arg, index) => {
    const before = command.options.find(({ short, long }) => [short, long].includes(args[index - 1]));
    const isLimit = index < end && /^-\d+$/.test(arg) && before?.required !== true;
    return isLimit ? ['-n', arg.slice(1)] : [arg];
  });
}

/** `--word-diff` as `--word-diff=plain`, as in git: the next word is no mode. */
function expandWordDiff(command: Command, args: readonly string[]): readonly string[] {
  if (!command.options.some(({ long }) => long === '--word-diff')) return args;
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((arg, index) => (arg === '--word-diff' && index < end ? '--word-diff=plain' : arg));
}

/**
 * The arguments of a call, with `help token create` as `token create --help`, `version` as `--version` and
 * `log -3` as `log -n 3`. Arguments after an unknown
 * command are left out: with a `--help` among them, commander would print the whole help and not report the
 * mistake.
 */
export function normalizeCall(program: Command, args: readonly string[]): readonly string[] {
  if (args[0] === 'version' && args.length === 1) return ['--version'];
  const isHelp = args[0] === 'help';
  const names = isHelp ? args.slice(1) : args;
  let at = program;
  for (const [index, name] of names.entries()) {
    if (at.commands.length === 0)
      return isHelp ? [...names.slice(0, index), '--help'] : expandWordDiff(at, expandLimit(at, args));
    const inner = at.commands.find((command) => command.name() === name);
    if (inner === undefined) return name.startsWith('-') ? names : names.slice(0, index + 1);
    at = inner;
  }
  return isHelp ? [...names, '--help'] : args;
}
