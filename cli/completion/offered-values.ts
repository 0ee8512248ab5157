import type { Argument, Option } from 'commander';

/**
 * What a shell offers for a value: a fixed list of words; channels, refs or paths of modules of the database;
 * refs or files (`sides`); refs or paths of modules (`places`); files; or nothing, for free text.
 */
export type Value = readonly string[] | 'channels' | 'paths' | 'refs' | 'sides' | 'places' | 'files' | 'text';

const OPTIONS: { readonly [flag: string]: Value } = {
  '--assets': 'files',
  '--channel': 'channels',
  '--config': 'files',
  '--db': 'files',
  '--from': 'refs',
  '--git': 'files',
  '--install-folder': 'files',
  '--repair-from': 'files',
  'promote --to': 'channels',
};

const ARGUMENTS: { readonly [name: string]: Value } = {
  'grep ref': 'places',
  'ls ref': 'places',
  a: 'sides',
  b: 'sides',
  bad: 'refs',
  dir: 'files',
  good: 'refs',
  path: 'paths',
  ref: 'refs',
  'ref[:path]': 'refs',
};

/**
 * The value after an option; undefined if it takes none or an optional one.
 * @param words the command's names
 */
export function optionValue(words: string, { long, required, argChoices }: Option): Value | undefined {
  if (!required) return undefined;
  return argChoices ?? OPTIONS[`${words} ${long}`] ?? OPTIONS[long!] ?? 'text';
}

/**
 * The value of an argument; undefined if nothing can be offered.
 * @param words the command's names
 */
export const argumentValue = (words: string, argument: Argument): Value | undefined =>
  argument.argChoices ?? ARGUMENTS[`${words} ${argument.name()}`] ?? ARGUMENTS[argument.name()];
