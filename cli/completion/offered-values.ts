import type { Argument, Option } from 'commander';

/** What `modcast __complete` lists. */
export const ASKED = ['authors', 'channels', 'objects', 'paths', 'places', 'refs', 'tags'] as const;
export type Asked = (typeof ASKED)[number];

/**
 * What a shell offers for a value: a fixed list of words; what the database has (`objects` are refs, or a ref
 * with a path after a colon; `places` are these or paths of modules); refs or files (`sides`); files; or
 * nothing, for free text.
 */
export type Value = readonly string[] | Asked | 'sides' | 'files' | 'text';

export const isAsked = (value: Value): value is Asked => (ASKED as readonly Value[]).includes(value);

const OPTIONS: { readonly [flag: string]: Value } = {
  '--assets': 'files',
  '--channel': 'channels',
  '--config': 'files',
  '--db': 'files',
  '--from': 'refs',
  '--git': 'files',
  '--install-folder': 'files',
  '--offline': ['used', 'all'],
  '--repair-from': 'files',
  'log --author': 'authors',
  'promote --to': 'channels',
};

const ARGUMENTS: { readonly [name: string]: Value } = {
  'grep ref': 'places',
  'ls ref': 'places',
  'tag name': 'tags',
  a: 'sides',
  b: 'sides',
  bad: 'refs',
  dir: 'files',
  good: 'refs',
  path: 'paths',
  ref: 'refs',
  'ref[:path]': 'objects',
};

/**
 * The value after an option; undefined if it takes none. An optional one only follows a "=".
 * @param words the command's names
 */
export function optionValue(
  words: string,
  { long, required, optional, argChoices }: Option,
): Value | undefined {
  const known = argChoices ?? OPTIONS[`${words} ${long}`] ?? OPTIONS[long!];
  if (required) return known ?? 'text';
  return optional ? known : undefined;
}

/**
 * The value of an argument; undefined if nothing can be offered.
 * @param words the command's names
 */
export const argumentValue = (words: string, argument: Argument): Value | undefined =>
  argument.argChoices ?? ARGUMENTS[`${words} ${argument.name()}`] ?? ARGUMENTS[argument.name()];
