import { Command } from 'commander';
import { resolveDeploy } from '../../registry/history/index.js';
import { republish } from '../../registry/publish/index.js';
import { refuseFollowed } from '../../registry/store/lock.js';
import type { Deploy, Store } from '../../registry/store/store.js';
import { userName } from '../../registry/user-name.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import type { Io } from '../io.js';
import { jsonOption, writeJson } from '../output/pager.js';
import { changed } from '../commands/publish.js';

export interface RepublishCommandOptions extends DatabaseOptions {
  message?: string;
  author?: string;
  json?: boolean;
}

/** The options that `rollback` and `promote` share. */
export function republishOptions(command: Command): Command {
  command
    .option('-m, --message <text>', 'what this deploy is about (default: where it comes from)')
    .option('--author <name>', 'who it is by (default: your user name)');
  databaseOption(command);
  return jsonOption(command, '{state: "published"|"current", deploy, from}');
}

export interface RepublishPlan {
  /** The channel that gets the deploy. @throws ModcastError when it is none that may */
  readonly channelFor: (store: Store, from: Deploy) => Promise<string>;
  readonly messageOf: (from: Deploy) => string;
}

/** Makes the deploy that a ref names the head of a channel. */
export async function runRepublish(
  io: Io,
  ref: string,
  options: RepublishCommandOptions,
  { channelFor, messageOf }: RepublishPlan,
): Promise<void> {
  await withStore(io, options, async (store, file) => {
    const from = await resolveDeploy(store, ref, io.now());
    const channel = await channelFor(store, from);
    refuseFollowed(file, channel);
    const { deploy, created } = await republish(store, {
      deploy: from,
      channel,
      author: options.author ?? userName(),
      message: options.message ?? messageOf(from),
      now: () => io.now(),
    });
    if (options.json === true) {
      return writeJson(io, { state: created ? 'published' : 'current', deploy, from: from.number });
    }
    if (!created) {
      return io.write(`Nothing to do: ${channel} is at deploy ${deploy.number} with that content already.\n`);
    }
    const { green, dim, bold } = io.colours;
    const dot = ` ${dim('·')} `;
    io.write(
      `${green('deploy')} ${bold(String(deploy.number))} on ${channel}${dot}${changed(deploy)}${dot}` +
        `as in deploy ${from.number}\n`,
    );
  });
}
