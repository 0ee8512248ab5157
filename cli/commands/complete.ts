import { Argument, Command } from 'commander';
import type { Store } from '../../registry/store/store.js';
import { ModcastError, byCodeUnit } from '../../schema/index.js';
import { chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import type { Io } from '../io.js';

const KINDS = ['channels', 'paths', 'places', 'refs'] as const;
type Kind = (typeof KINDS)[number];

/** How many deploys are offered by number, the newest ones. */
const NUMBERED_DEPLOYS = 20;

/**
 * Prints channels, refs, the paths of modules or both, one a line, for the scripts of `modcast completion`.
 * Prints nothing if there is no database or it cannot be read: errors would appear in the middle of a command
 * line.
 */
export function completeCommand(io: Io): Command {
  return databaseOption(
    new Command('__complete').addArgument(new Argument('<kind>').choices([...KINDS])),
  ).action(async (kind: Kind, options: DatabaseOptions) => {
    try {
      const names = await withStore(io, options, (store) => completionsOf(store, kind));
      io.write(names.map((name) => `${name}\n`).join(''));
    } catch (error) {
      if (!(error instanceof ModcastError)) throw error;
    }
  });
}

async function completionsOf(store: Store, kind: Kind): Promise<string[]> {
  if (kind === 'places')
    return [...(await completionsOf(store, 'refs')), ...(await completionsOf(store, 'paths'))];
  if (kind === 'paths') {
    const channel = await chooseChannel(store, undefined);
    const head = channel === null ? null : await store.head(channel);
    const manifest = head === null ? null : await store.manifest(head.number);
    return [...(manifest?.modules.keys() ?? [])].filter((path) => !path.includes('\n')).toSorted(byCodeUnit);
  }
  const channels = await store.channels();
  if (kind === 'channels' || channels.length === 0) return [...channels];
  const deploys = await store.deploys({ limit: NUMBERED_DEPLOYS });
  return [...channels, 'latest', 'HEAD', ...deploys.map(({ number }) => String(number))];
}
