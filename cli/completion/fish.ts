import type { Command } from 'commander';
import { quote } from '../output/shell.js';
import { commandNodes, namesOf, shownCommands, summaryOf, visibleOptions } from './command-nodes.js';
import { argumentValue, optionValue, type Value } from './offered-values.js';

/**
 * Flags of fish's `complete` for a value: `-x` offers no files, `-F` offers files, `-f` is for an optional
 * one.
 */
function fishValue(value: Value, isOptional = false): string {
  const asked = (kind: string) => quote(`(modcast __complete ${kind} -- (commandline -ct) 2>/dev/null)`);
  if (typeof value !== 'string') return `${isOptional ? '-f' : '-x'} -a ${quote(value.join(' '))}`;
  if (value === 'sides') return `-r -F -a ${asked('refs')}`;
  if (value === 'files') return '-r -F';
  return value === 'text' ? '-x' : `-x -a ${asked(value)}`;
}

/** The completion script for fish. */
export function fish(program: Command): string {
  const lines = ['# fish completion for modcast'];
  const top = namesOf(program).join(' ');
  for (const { words, command } of commandNodes(program)) {
    const path = words.split(' ').filter(Boolean);
    const inside = path.map((word) => `__fish_seen_subcommand_from ${word}`);
    const isTop = path.length === 0;
    const here = isTop ? `not __fish_seen_subcommand_from ${top}` : inside.join('; and ');
    for (const inner of shownCommands(command)) {
      const more = isTop ? '' : `; and not __fish_seen_subcommand_from ${namesOf(command).join(' ')}`;
      lines.push(
        `complete -c modcast -f -n ${quote(here + more)} -a ${inner.name()} -d ${quote(summaryOf(inner))}`,
      );
    }
    const values = command.registeredArguments.map((argument) => argumentValue(words, argument));
    const noFiles = values.includes('files') || values.includes('sides') ? '' : '-f ';
    for (const value of values) {
      if (value === undefined || value === 'files') continue;
      const offered = fishValue(value).replace(/^-(?:x|r -F) /, '');
      lines.push(`complete -c modcast ${noFiles}-n ${quote(here)} ${offered}`);
    }
    for (const option of visibleOptions(command)) {
      const { long, short, description } = option;
      const value = optionValue(words, option);
      const flags = [
        ...(long === undefined ? [] : [`-l ${long.slice(2)}`]),
        ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
        ...(value === undefined ? [] : [fishValue(value, !option.required)]),
      ];
      lines.push(
        `complete -c modcast -n ${quote(here)} ${flags.join(' ')} -d ${quote(description.replaceAll('\n', ' '))}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
