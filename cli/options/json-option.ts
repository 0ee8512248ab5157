import type { Command } from 'commander';

/** Adds `--json`. The shape is a promise: fields may be added, none is removed or renamed. */
export function jsonOption(command: Command, shape: string): Command {
  return command.option('--json', `print one JSON document: ${shape}`);
}

/** The same, for lists that can be long: one document a line (jsonlines.org). */
export function jsonLinesOption(command: Command, shape: string): Command {
  return command.option('--json', `print JSON Lines: ${shape}`);
}
