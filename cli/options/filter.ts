import type { Command } from 'commander';
import { DEFAULT_FILTER, type FileFilter } from '../../registry/ingest/files.js';
import { repeated } from './values.js';

export interface FilterOptions {
  include?: string[];
  exclude?: string[];
}

/** Adds `--include` and `--exclude`, for `filterOf`. */
export function filterOptions(command: Command): Command {
  return command
    .option('--include <glob>', 'files to keep, repeatable (default: **/*.{js,mjs,json,css,html})', repeated)
    .option('--exclude <glob>', 'files to leave out, repeatable (default: **/node_modules/**)', repeated);
}

export const filterOf = ({ include, exclude }: FilterOptions): FileFilter => ({
  include: include ?? DEFAULT_FILTER.include,
  exclude: exclude ?? DEFAULT_FILTER.exclude,
});
