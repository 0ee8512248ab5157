import { Command } from 'commander';
import { readBlob, resolveBlob } from '../../registry/history/index.js';
import type { Io } from '../io.js';
import { moduleHint } from '../options/refs.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';

export function catCommand(io: Io): Command {
  return databaseOption(
    new Command('cat')
      .summary("print a blob's bytes")
      .description('Prints the bytes of a blob, exactly as they were published. Checks their hash first.')
      .argument('<hash>', 'the hash, or its first digits: at least four'),
  )
    .addHelpText(
      'after',
      `
Examples:
  modcast cat 3f2a9c01d4
  modcast log lib/disk.mjs          lists the hashes of a file's versions`,
    )
    .action((prefix: string, options: DatabaseOptions) =>
      withStore(io, options, async (store) => {
        // git users name a file of a version: cat production:lib/disk.mjs
        const isHash = /^[0-9a-f]*$/i.test(prefix);
        const hint = isHash ? undefined : await moduleHint(io, store, prefix);
        if (hint !== undefined) throw hint;
        io.write(await readBlob(store, await resolveBlob(store, prefix.toLowerCase())));
      }),
    );
}
