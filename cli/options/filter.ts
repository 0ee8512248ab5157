import type { Command } from 'commander';
import type { FileFilter } from '../../registry/ingest/files.js';
import { repeated } from './values.js';

/** Where `modcast serve` makes its deploys, unless it is told otherwise. */
export const WATCHED_CHANNEL = 'dev';

export interface FilterOptions {
  include?: string[];
  exclude?: string[];
}

/**
 * Adds `--include` and `--exclude`, for `filterOf`.
 * @param files the default of `--include`, in words
 */
export function filterOptions(command: Command, files: string): Command {
  return command
    .option('--include <glob>', `files to keep, repeatable (default: ${files})`, repeated)
    .option(
      '--exclude <glob>',
      'files to leave out, repeatable; node_modules is left out unless a glob of --include names it',
      repeated,
    );
}

/** `--include` replaces the default, `--exclude` adds to it. */
export function filterOf({ include, exclude = [] }: FilterOptions, defaults: FileFilter): FileFilter {
  const isNamed = include?.some((glob) => glob.includes('node_modules')) === true;
  const always = defaults.exclude.filter((glob) => !isNamed || !glob.includes('node_modules'));
  return { include: include ?? defaults.include, exclude: [...always, ...exclude] };
}
