import { Command, InvalidArgumentError } from 'commander';
import { statSync } from 'node:fs';
import type { Collected } from '../../registry/store/store.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { parseDuration } from '../options/duration.js';
import { count, formatBytes } from '../output/format.js';
import type { Io } from '../io.js';
import { jsonOption, writeJson } from '../output/pager.js';

interface GcOptions extends DatabaseOptions {
  keep: number;
  olderThan: number;
  dryRun: boolean;
  json?: boolean;
}

const DEFAULT_KEEP = 50;
const DEFAULT_AGE = '90d';

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number.');
  return Number(text);
}

export function gcCommand(io: Io): Command {
  const command = new Command('gc')
    .summary('drop old deploys, and blobs that nothing needs')
    .description(
      'Drops deploys that are neither among the newest of their channel nor young, never a head, and then the blobs that no deploy is left to name and nobody is publishing. Others may serve and publish meanwhile.',
    )
    .option('--keep <n>', 'of each channel the newest n deploys stay', wholeNumber, DEFAULT_KEEP)
    .option(
      '--older-than <duration>',
      `younger deploys stay: 90d, 12h, 2w, 0 for none (default: ${DEFAULT_AGE})`,
      parseDuration,
    )
    .option('-n, --dry-run', 'only say what would go', false)
    .addHelpText(
      'after',
      `
Examples:
  modcast gc --dry-run
  modcast gc --keep 10 --older-than 30d
  modcast gc --keep 1 --older-than 0     nothing but the heads stays`,
    )
    .action((options: GcOptions) =>
      gc(io, { ...options, olderThan: options.olderThan ?? parseDuration(DEFAULT_AGE) }),
    );
  jsonOption(command, '{dryRun, deploys, blobs, bytes, fileBytes: {before, after}}');
  return databaseOption(command);
}

/** Bytes that a database takes on the disk, with its log. */
function sizeOf(file: string): number {
  const size = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  return size(file) + size(`${file}-wal`);
}

async function gc(io: Io, { keep, olderThan, dryRun, json, ...options }: GcOptions): Promise<void> {
  let before = 0;
  let path = '';
  const found = await withStore(io, options, async (store, file) => {
    path = file;
    before = sizeOf(file);
    const now = io.now();
    return store.collect({ keep, olderThan: now - olderThan, now, dryRun });
  });
  // Closing the database empties its log.
  const after = sizeOf(path);
  if (json === true) return writeJson(io, { dryRun, ...found, fileBytes: { before, after } });
  io.write(`${sentence(found, dryRun)}\n`);
  if (!dryRun && after < before) {
    io.write(`the database went from ${formatBytes(before)} to ${formatBytes(after)}\n`);
  }
}

function sentence({ deploys, blobs, bytes }: Collected, dryRun: boolean): string {
  if (deploys + blobs === 0) return 'nothing to drop';
  const what = `${count(deploys, 'deploy')} and ${count(blobs, 'blob')} of ${formatBytes(bytes)}`;
  return dryRun ? `would drop ${what}` : `dropped ${what}`;
}
