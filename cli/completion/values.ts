import type { Argument, Option } from 'commander';

/**
 * What may stand somewhere on the command line: given words; channels or refs, for which the program is asked; a ref or
 * a file; a file; or a free text, for which there is nothing to offer.
 */
export type Value = readonly string[] | 'channels' | 'refs' | 'sides' | 'files' | 'text';

const OPTIONS: { readonly [flag: string]: Value } = {
  '--assets': 'files',
  '--boot': ['fresh', 'cached'],
  '--channel': 'channels',
  '--db': 'files',
  '--from': 'refs',
  '--git': 'files',
  '--repair-from': 'files',
  'promote --to': 'channels',
};

const ARGUMENTS: { readonly [name: string]: Value } = {
  a: 'sides',
  b: 'sides',
  bad: 'refs',
  dir: 'files',
  good: 'refs',
  ref: 'refs',
  'ref[:path]': 'refs',
};

/**
 * What is due behind an option; undefined where it stands alone, or may.
 * @param words the command's names
 */
export function optionValue(words: string, { long, required, argChoices }: Option): Value | undefined {
  if (!required) return undefined;
  return argChoices ?? OPTIONS[`${words} ${long}`] ?? OPTIONS[long!] ?? 'text';
}

/** Undefined for what is not known, such as a module's path. */
export const argumentValue = (argument: Argument): Value | undefined =>
  argument.argChoices ?? ARGUMENTS[argument.name()];
