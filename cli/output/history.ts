import { stat } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Deploy, Store } from '../../registry/index.js';
import {
  STATUS_LETTERS,
  deploySnapshot,
  directorySnapshot,
  resolveDeploy,
  type Change,
  type Snapshot,
} from '../../registry/history/index.js';
import { ModcastError, type Channel } from '../../schema/index.js';
import type { Io } from '../io.js';
import { printable } from './table.js';
import { isoTime, localTime, relativeTime } from './time.js';

/** What the commands that ask about history share. */

export const REFS_HELP = `
Refs: 12 (a deploy's number), latest, production (a channel's head), production~2 (the second deploy before it),
production@{2026-11-01}, @{yesterday}, or at least four digits of a manifest's hash.`;

export const NO_DEPLOYS = 'No deploys yet: modcast serve or modcast publish makes the first.';

const TIME_STYLES = ['relative', 'local', 'iso'] as const;
export type TimeStyle = (typeof TIME_STYLES)[number];

export function timeOption(command: Command): Command {
  return command.addOption(
    new Option('--time <style>', 'how times are shown').choices([...TIME_STYLES]).default('relative'),
  );
}

export function formatTime(io: Io, style: TimeStyle, time: number): string {
  if (style === 'iso') return isoTime(time);
  return style === 'local' ? localTime(time) : relativeTime(time, io.now());
}

/** A whole number above 0, for `-n`. */
export function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('a whole number above 0.');
  return Number(text);
}

/**
 * The channel of a command that is about one: the one asked for, else `production`, else that of the newest deploy.
 * Null: there are no deploys.
 * @throws ModcastError `channel-unknown`
 */
export async function chooseChannel(store: Store, asked: string | undefined): Promise<Channel | null> {
  const channels = await store.channels();
  if (asked === undefined) {
    if (channels.includes('production')) return 'production';
    return (await store.deploys({ limit: 1 }))[0]?.channel ?? null;
  }
  if (channels.includes(asked)) return asked;
  const there = channels.length === 0 ? 'there are none yet' : `there is ${channels.join(', ')}`;
  throw new ModcastError('channel-unknown', `no channel ${JSON.stringify(asked)}; ${there}`, {
    expected: channels,
    found: asked,
  });
}

/** A deploy as `--json` shows it. */
export const deployJson = (deploy: Deploy) => ({
  number: deploy.number,
  channel: deploy.channel,
  time: isoTime(deploy.time),
  author: deploy.author,
  message: deploy.message,
  manifest: deploy.manifest,
  parent: deploy.parent,
  commit: deploy.commit,
  added: deploy.added,
  changed: deploy.changed,
  removed: deploy.removed,
  modules: deploy.modules,
  bytes: deploy.bytes,
});

/** A change as `--json` shows it. */
export const changeJson = ({ status, path: at, oldPath, before, after, similarity }: Change) => ({
  status,
  path: at,
  oldPath,
  similarity,
  before: before === null ? null : { hash: before.hash, size: before.size },
  after: after === null ? null : { hash: after.hash, size: after.size },
});

/** `a/b/old.mjs → a/c/new.mjs`, with what both share said once, as git does: `a/{b/old.mjs → c/new.mjs}`. */
export function formatPaths({ path: to, oldPath }: Pick<Change, 'path' | 'oldPath'>): string {
  if (oldPath === null) return to;
  let start = 0;
  while (start < to.length && start < oldPath.length && to[start] === oldPath[start]) start++;
  start = to.lastIndexOf('/', start - 1) + 1;
  let end = 0;
  const most = Math.min(to.length, oldPath.length) - start;
  while (end < most && to.at(-1 - end) === oldPath.at(-1 - end)) end++;
  const tail = to.indexOf('/', to.length - end);
  const rest = tail === -1 ? 0 : to.length - tail;
  const [was, is] = [oldPath, to].map((text) => text.slice(start, text.length - rest));
  if (start === 0 && rest === 0) return `${oldPath} → ${to}`;
  return `${to.slice(0, start)}{${was} → ${is}}${to.slice(to.length - rest)}`;
}

/** `M  lib/disk.mjs`, the letter in the colour of its kind. */
export function statusLine(io: Io, change: Change): string {
  const { green, red, yellow, cyan } = io.colours;
  const paint = { added: green, deleted: red, modified: yellow, renamed: cyan }[change.status];
  return `${paint(STATUS_LETTERS[change.status])}  ${printable(formatPaths(change))}`;
}

/**
 * What a deploy changed, a line each.
 * @param changes null when the deploy before it was collected
 */
export function changeList(io: Io, changes: readonly Change[] | null): string {
  if (changes === null)
    return `${io.colours.dim('The deploy before it was collected: what it changed is not known.')}\n`;
  if (changes.length === 0) return `${io.colours.dim('No module changed.')}\n`;
  return changes.map((change) => `${statusLine(io, change)}\n`).join('');
}

const looksLikePath = (text: string): boolean => text === '.' || text === '..' || /^\.{0,2}\/|\/$/.test(text);

/** A deploy by its ref, or a directory: what is written like a path is one, other names are refs first. */
export async function resolveSide(io: Io, store: Store, text: string): Promise<Snapshot> {
  const directory = path.resolve(io.cwd, text);
  if (looksLikePath(text)) return directorySnapshot(directory);
  try {
    return deploySnapshot(store, await resolveDeploy(store, text, io.now()));
  } catch (error) {
    const isUnknown = error instanceof ModcastError && error.code === 'ref-unknown';
    const found = isUnknown ? await stat(directory).catch(() => undefined) : undefined;
    if (found?.isDirectory()) return directorySnapshot(directory);
    throw error;
  }
}
