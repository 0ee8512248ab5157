import type { Command, Option } from 'commander';

export interface Node {
  /** Names from the program down, `token create`; empty for the program. */
  readonly words: string;
  readonly command: Command;
}

/** Those that help lists; what programs ask begins with `__`. */
export const shownCommands = (command: Command): Command[] =>
  command.commands.filter((inner) => !inner.name().startsWith('__'));

/** A program's commands and theirs, itself first. */
export function commandNodes(program: Command): Node[] {
  const visit = (command: Command, words: readonly string[]): Node[] => [
    { words: words.join(' '), command },
    ...shownCommands(command).flatMap((inner) => visit(inner, [...words, inner.name()])),
  ];
  return visit(program, []);
}

/** Options as help lists them, `--help` included. */
export const visibleOptions = (command: Command): readonly Option[] =>
  command.createHelp().visibleOptions(command);

export const flagsOf = (command: Command): string[] =>
  visibleOptions(command).flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));

export const namesOf = (command: Command): string[] => shownCommands(command).map((inner) => inner.name());

export const summaryOf = (command: Command): string => command.summary() || command.description();

/** A text as one word of a shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
