import { Argument, Command } from 'commander';
import { resolveDeploy, splitRef } from '../../registry/history/index.js';
import type { Deploy, Store } from '../../registry/store/store.js';
import { ModcastError, byCodeUnit } from '../../schema/index.js';
import { chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import type { Io } from '../io.js';

const KINDS = ['authors', 'channels', 'objects', 'paths', 'places', 'refs', 'tags'] as const;
type Kind = (typeof KINDS)[number];

/** How many deploys are offered by number, and have their authors offered: the newest ones. */
const NUMBERED_DEPLOYS = 20;
const AUTHORS_OF = 1000;

/**
 * Prints what a shell can offer for a word, one a line, for the scripts of `modcast completion`: authors,
 * channels, paths of modules, refs, tags; `places` are refs and paths, `objects` refs, and both are the paths
 * of a deploy after its ref and a colon. Prints nothing if there is no database or it cannot be read: errors
 * would appear in the middle of a command line.
 */
export function completeCommand(io: Io): Command {
  return databaseOption(
    new Command('__complete').addArgument(new Argument('<kind>').choices([...KINDS])).argument('[word]'),
  ).action(async (kind: Kind, word: string | undefined, options: DatabaseOptions) => {
    try {
      const names = await withStore(io, options, (store) => completionsOf(io, store, kind, word ?? ''));
      io.write(
        names
          .filter((name) => !name.includes('\n'))
          .map((name) => `${name}\n`)
          .join(''),
      );
    } catch (error) {
      if (!(error instanceof ModcastError)) throw error;
    }
  });
}

async function completionsOf(io: Io, store: Store, kind: Kind, word: string): Promise<string[]> {
  const { ref, path } = splitRef(word);
  if (path !== undefined && (kind === 'objects' || kind === 'places')) {
    const paths = await pathsOf(store, await resolveDeploy(store, ref, io.now()));
    return paths.map((each) => `${ref}:${each}`);
  }
  switch (kind) {
    case 'authors':
      return [...new Set((await store.deploys({ limit: AUTHORS_OF })).map(({ author }) => author))].toSorted(
        byCodeUnit,
      );
    case 'channels':
      return store.channels();
    case 'paths':
      return headPaths(store);
    case 'places':
      return [...(await refsOf(store)), ...(await headPaths(store))];
    case 'objects':
    case 'refs':
      return refsOf(store);
    case 'tags':
      return (await store.tags()).map(({ name }) => name);
  }
}

async function headPaths(store: Store): Promise<string[]> {
  const channel = await chooseChannel(store, undefined);
  const head = channel === null ? null : await store.head(channel);
  return head === null ? [] : pathsOf(store, head);
}

async function pathsOf(store: Store, { number }: Deploy): Promise<string[]> {
  return [...((await store.manifest(number))?.modules.keys() ?? [])].toSorted(byCodeUnit);
}

async function refsOf(store: Store): Promise<string[]> {
  const channels = await store.channels();
  if (channels.length === 0) return [];
  const tags = (await store.tags()).map(({ name }) => name);
  const deploys = await store.deploys({ limit: NUMBERED_DEPLOYS });
  return [...channels, 'latest', 'HEAD', ...tags, ...deploys.map(({ number }) => String(number))];
}
