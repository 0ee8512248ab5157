import { Command } from 'commander';
import { statSync } from 'node:fs';
import type { Collected } from '../../registry/store/store.js';
import type { Io } from '../io.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { parseDuration } from '../options/duration.js';
import { jsonOption } from '../options/json-option.js';
import { wholeNumber } from '../options/values.js';
import { count, formatBytes } from '../output/format.js';
import { writeJson } from '../output/json.js';

interface GcOptions extends DatabaseOptions {
  keep: number;
  olderThan: number;
  dryRun: boolean;
  json?: boolean;
}

const DEFAULT_KEEP = 50;
const DEFAULT_AGE = '90d';

export function gcCommand(io: Io): Command {
  const command = new Command('gc')
    .summary('drop old deploys, and blobs that no deploy uses')
    .description(
      'Drops every deploy that is older than --older-than and not among the newest --keep of its channel. The newest deploy of a channel always stays, and so does a deploy with a tag. Then drops the blobs that no deploy uses and no running publish needs. Servers and publishes can run at the same time.',
    )
    .option(
      '--keep <n>',
      'how many of the newest deploys to keep in each channel',
      wholeNumber(),
      DEFAULT_KEEP,
    )
    .option(
      '--older-than <duration>',
      `keep all deploys younger than this: 90d, 12h, 2w or 0 (default: ${DEFAULT_AGE})`,
      parseDuration,
    )
    .option('-n, --dry-run', 'show what would be dropped, and drop nothing', false)
    .addHelpText(
      'after',
      `
Examples:
  modcast gc --dry-run
  modcast gc --keep 10 --older-than 30d
  modcast gc --keep 1 --older-than 0     keeps only the newest deploy of each channel`,
    )
    .action((options: GcOptions) =>
      gc(io, { ...options, olderThan: options.olderThan ?? parseDuration(DEFAULT_AGE) }),
    );
  jsonOption(command, '{dryRun, deploys, blobs, bytes, fileBytes: {before, after}}');
  return databaseOption(command);
}

/** Bytes of a database on disk, with its write-ahead log. */
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
  // Closing the database empties its write-ahead log.
  const after = sizeOf(path);
  if (json === true) return writeJson(io, { dryRun, ...found, fileBytes: { before, after } });
  io.write(`${sentence(found, dryRun)}\n`);
  if (!dryRun && after < before) {
    io.write(`Database file: ${formatBytes(before)} before, ${formatBytes(after)} now.\n`);
  }
}

function sentence({ deploys, blobs, bytes }: Collected, dryRun: boolean): string {
  if (deploys + blobs === 0) return 'Nothing to drop.';
  const text = `${count(deploys, 'deploy')} and ${count(blobs, 'blob')} of ${formatBytes(bytes)}.`;
  return dryRun ? `Would drop ${text}` : `Dropped ${text}`;
}
