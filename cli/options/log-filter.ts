import { InvalidArgumentError, Option, type Command } from 'commander';
import { pickaxe, type BlobReader, type Change, type DeployFilter } from '../../registry/history/index.js';
import type { Io } from '../io.js';
import { compiled, pattern } from './pattern.js';
import { timeValue } from './values.js';

export interface LogFilterOptions {
  since?: number;
  until?: number;
  author?: string;
  grep?: string;
  ignoreCase?: true;
  S?: string;
  G?: string;
}

/** Adds the options by which `git log` selects commits, for `deployFilter` and `changeFilter`. */
export function logFilterOptions(command: Command, io: Io): Command {
  const time = timeValue(io);
  const text = (value: string): string => {
    if (value === '') throw new InvalidArgumentError('some text.');
    return value;
  };
  return command
    .option('--since <time>', 'only deploys of this time or later: 2026-11-01, yesterday, 2.weeks.ago', time)
    .option('--until <time>', 'only deploys of this time or earlier', time)
    .option('--author <regex>', "only deploys whose author's name matches", pattern)
    .option('--grep <regex>', 'only deploys whose message matches', pattern)
    .option('-i, --ignore-case', 'ignore case in --author, --grep and -G')
    .addOption(
      new Option('-S <text>', 'only changes that add or remove occurrences of this text').argParser(text),
    )
    .addOption(
      new Option('-G <regex>', 'only changes with an added or deleted line that matches')
        .argParser(pattern)
        .conflicts('S'),
    );
}

/** The deploys that the options select. */
export const deployFilter = ({ since, until, author, grep, ignoreCase }: LogFilterOptions): DeployFilter => ({
  since,
  until,
  author: author === undefined ? undefined : compiled(author, ignoreCase),
  message: grep === undefined ? undefined : compiled(grep, ignoreCase, 'm'),
});

/** Whether -S or -G selects a change. Undefined without these options. */
export function changeFilter(
  store: BlobReader,
  { S: text, G: line, ignoreCase }: LogFilterOptions,
): ((change: Change) => Promise<boolean>) | undefined {
  if (text !== undefined) return pickaxe(store, { text });
  return line === undefined ? undefined : pickaxe(store, { line: compiled(line, ignoreCase) });
}
