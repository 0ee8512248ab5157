import { Argument, Command } from 'commander';
import type { Store } from '../../registry/store/store.js';
import { ModcastError } from '../../schema/index.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import type { Io } from '../io.js';

const KINDS = ['channels', 'refs'] as const;
type Kind = (typeof KINDS)[number];

/** Deploys that are offered by their numbers: the newest so many. */
const NUMBERED = 20;

/**
 * What the scripts of `completion` ask: channels or refs, a line each. It says nothing where there is no database,
 * or one that cannot be read: a shell that completes is no place for errors.
 */
export function completeCommand(io: Io): Command {
  return databaseOption(
    new Command('__complete').addArgument(new Argument('<kind>').choices([...KINDS])),
  ).action(async (kind: Kind, options: DatabaseOptions) => {
    try {
      const names = await withStore(io, options, (store) => namesOf(store, kind));
      io.write(names.map((name) => `${name}\n`).join(''));
    } catch (error) {
      if (!(error instanceof ModcastError)) throw error;
    }
  });
}

async function namesOf(store: Store, kind: Kind): Promise<string[]> {
  const channels = await store.channels();
  if (kind === 'channels' || channels.length === 0) return [...channels];
  const deploys = await store.deploys({ limit: NUMBERED });
  return [...channels, 'latest', ...deploys.map(({ number }) => String(number))];
}
