import type { Command } from 'commander';
import { ModcastError } from '../schema/index.js';

const INVALID_OPTION = /^(?<name>option '.*?') argument '(?<found>.*)' is invalid\. (?<expected>.*)$/s;
const INVALID_ARGUMENT =
  /^command-argument value '(?<found>.*)' is invalid for (?<name>argument '.*?')\. (?<expected>.*)$/s;

/** What commander says of a wrong call, in the words of all other errors; without "modcast:". */
export function usageMessage(text: string): string {
  const plain = text.trimEnd().replace(/^error: /, '');
  const { name, found, expected } =
    (INVALID_OPTION.exec(plain) ?? INVALID_ARGUMENT.exec(plain))?.groups ?? {};
  if (name === undefined) return plain;
  const right = expected!.replace(/^Allowed choices are /, 'one of ').replace(/\.$/, '');
  return `${name}: expected ${right}, found '${found}'`;
}

/** Options of `createRegistry` whose flags are not called like them. */
const FLAGS: { readonly [option: string]: string } = {
  allowedHosts: '--allow-host or --host',
  allowedOrigins: '--allow-origin',
  database: '--db',
};

const flagOf = (option: string): string =>
  FLAGS[option] ?? `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** An error's message, with an option of the API called by its flag. */
export function commandMessage({ code, message }: ModcastError): string {
  if (code !== 'option-invalid') return message;
  return message.replace(/^([a-z][a-zA-Z]*)(?=: expected )/, flagOf);
}

/**
 * The arguments of a call with `help token create` written as `token create --help`. What follows a name that is no
 * command is left out: commander would answer a `--help` behind it with the whole help, and no word of the mistake.
 */
export function callOf(program: Command, args: readonly string[]): readonly string[] {
  const isHelp = args[0] === 'help';
  const names = isHelp ? args.slice(1) : args;
  let at = program;
  for (const [index, name] of names.entries()) {
    if (at.commands.length === 0) return isHelp ? [...names.slice(0, index), '--help'] : args;
    const inner = at.commands.find((command) => command.name() === name);
    if (inner === undefined) return name.startsWith('-') ? names : names.slice(0, index + 1);
    at = inner;
  }
  return isHelp ? [...names, '--help'] : args;
}
