import type { Command } from 'commander';

/** Adds `--json`. The shape is a promise: fields may be added, none is removed or renamed. */
export function jsonOption(command: Command, shape: string): Command {
  return command.option('--json', `print JSON: ${shape}`);
}
