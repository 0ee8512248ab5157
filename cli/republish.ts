import { Command } from 'commander';
import { resolveDeploy } from '../registry/history/index.js';
import { republish } from '../registry/publish/index.js';
import { userName } from '../registry/user-name.js';
import { databaseOption, withStore, type DatabaseOptions } from './database.js';
import type { Io } from './io.js';
import { jsonOption, writeJson } from './output.js';
import { changed } from './publish.js';

export interface RepublishCommandOptions extends DatabaseOptions {
  channel?: string;
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

/** Makes the deploy that a ref names the head of a channel; of its own when none is named. */
export async function runRepublish(
  io: Io,
  ref: string,
  options: RepublishCommandOptions,
  messageOf: (from: { number: number; channel: string }) => string,
): Promise<void> {
  await withStore(io, options, async (store) => {
    const from = await resolveDeploy(store, ref, io.now());
    const channel = options.channel ?? from.channel;
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
