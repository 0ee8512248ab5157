import type { Command, Option } from 'commander';

/** A command and its names. */
export interface CommandNode {
  /** The command's names without the program's: `token create`. Empty for the program. */
  readonly words: string;
  readonly command: Command;
}

/** The commands that the help lists. Hidden ones begin with `__`. */
export const shownCommands = (command: Command): Command[] =>
  command.commands.filter((inner) => !inner.name().startsWith('__'));

/** The program, its commands and their subcommands. */
export function commandNodes(program: Command): CommandNode[] {
  const visit = (command: Command, words: readonly string[]): CommandNode[] => [
    { words: words.join(' '), command },
    ...shownCommands(command).flatMap((inner) => visit(inner, [...words, inner.name()])),
  ];
  return visit(program, []);
}

/** Options that the help lists, with `--help`. */
export const visibleOptions = (command: Command): readonly Option[] =>
  command.createHelp().visibleOptions(command);

export const flagsOf = (command: Command): string[] =>
  visibleOptions(command).flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));

export const namesOf = (command: Command): string[] => shownCommands(command).map((inner) => inner.name());

export const summaryOf = (command: Command): string => command.summary() || command.description();
