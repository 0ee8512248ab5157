import { Command } from 'commander';
import { readBlob, resolveBlob } from '../../registry/history/index.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import type { Io } from '../io.js';

export function catCommand(io: Io): Command {
  return databaseOption(
    new Command('cat')
      .summary("print a blob's bytes")
      .description("Prints a blob's bytes as its author wrote them, after hashing them again.")
      .argument('<hash>', 'the hash, or at least four of its first digits'),
  )
    .addHelpText(
      'after',
      `
Examples:
  modcast cat 3f2a9c01d4
  modcast log lib/disk.mjs          has the hashes of a module's versions`,
    )
    .action((prefix: string, options: DatabaseOptions) =>
      withStore(io, options, async (store) => {
        io.write(await readBlob(store, await resolveBlob(store, prefix.toLowerCase())));
      }),
    );
}
