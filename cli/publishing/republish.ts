import { Command } from 'commander';
import { resolveDeploy } from '../../registry/history/index.js';
import { republish } from '../../registry/publish/index.js';
import { refuseFollowed } from '../../registry/store/lock.js';
import type { Deploy, Store } from '../../registry/store/store.js';
import { userName } from '../../registry/user-name.js';
import { EMPTY_MANIFEST } from '../../schema/index.js';
import type { Io } from '../io.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { newDeployLine } from '../output/deploy.js';
import { deployJson, writeJson } from '../output/json.js';
import { siteContents } from '../output/site-contents.js';
import { reportNeedless } from './nothing-to-do.js';

export interface RepublishCommandOptions extends DatabaseOptions {
  message?: string;
  author?: string;
  json?: boolean;
}

/** The options that `rollback` and `promote` share. */
export function republishOptions(command: Command): Command {
  command
    .option('-m, --message <text>', 'message of the deploy (default: says which deploy it repeats)')
    .option('--author <name>', 'author of the deploy (default: your user name)');
  databaseOption(command);
  return jsonOption(command, '{state: "published"|"current", deploy, from}');
}

export interface RepublishPlan {
  /** The channel that gets the deploy. @throws ModcastError if the deploy may not go there */
  readonly channelFor: (store: Store, from: Deploy) => Promise<string>;
  readonly messageOf: (from: Deploy) => string;
}

/** Makes a new deploy on a channel with the content of the deploy that a ref names. */
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
    const replaced = await store.head(channel);
    const { deploy, created } = await republish(store, {
      deploy: from,
      channel,
      author: options.author ?? userName(),
      message: options.message ?? messageOf(from),
      now: () => io.now(),
    });
    const json = options.json === true;
    if (!created) await reportNeedless(io, store, { ref, from, head: deploy }, json);
    if (json) {
      return writeJson(io, {
        state: created ? 'published' : 'current',
        deploy: deployJson(deploy),
        from: from.number,
      });
    }
    if (!created) return;
    io.write(newDeployLine(io, deploy, `same content as deploy ${from.number}`));
    const lost = await lostAssets(store, from, replaced);
    if (lost !== undefined) io.error(`${io.colours.yellow('warning')} ${lost}\n`);
  });
}

const assetsOf = async (store: Store, { number }: Deploy): Promise<number> =>
  siteContents((await store.manifest(number)) ?? EMPTY_MANIFEST).assets.files;

/** A deploy of a watched directory has no assets, which the directory serves. A channel may need them. */
async function lostAssets(store: Store, from: Deploy, replaced: Deploy | null): Promise<string | undefined> {
  const before = replaced === null ? 0 : await assetsOf(store, replaced);
  if (before === 0 || (await assetsOf(store, from)) > 0) return undefined;
  return (
    `deploy ${from.number} has no images and other assets; deploy ${replaced!.number}, which it replaces, has ` +
    `${before.toLocaleString('en')}. To have them, publish the directory with \`modcast publish\``
  );
}
