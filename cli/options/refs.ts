import { stat } from 'node:fs/promises';
import path from 'node:path';
import { closestPath } from '../../registry/closest.js';
import type { Deploy, Store } from '../../registry/index.js';
import {
  deploySnapshot,
  directorySnapshot,
  resolveDeploy,
  splitRef,
  typedPath,
  type Snapshot,
} from '../../registry/history/index.js';
import { DEFAULT_FILTER, SITE_FILTER } from '../../registry/ingest/files.js';
import { EMPTY_MANIFEST, ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { WATCHED_CHANNEL } from './filter.js';
import { shellWord } from '../output/shell.js';
import { siteContents } from '../output/site-contents.js';

/** For the help of every command that takes a ref. */
export const REFS_HELP = `
Refs: 12 (a deploy's number), latest, production (a channel's newest deploy), HEAD (that of production, else
latest), production~2 or production^^ (two deploys before it), production@{2026-11-01}, @{yesterday}, or at
least four digits of a manifest's hash.`;

const looksLikePath = (text: string): boolean => text === '.' || text === '..' || /^\.{0,2}\/|\/$/.test(text);

/**
 * The deploy of a ref. For the path of a module it says how to name the module in a deploy.
 * @throws ModcastError `ref-unknown`, `ref-ambiguous`
 */
export async function deployOrHint(io: Io, store: Store, text: string): Promise<Deploy> {
  try {
    return await resolveDeploy(store, text, io.now());
  } catch (error) {
    if (!(error instanceof ModcastError) || error.code !== 'ref-unknown') throw error;
    throw (await moduleHint(io, store, text)) ?? error;
  }
}

/**
 * An error for `lib/disk.mjs` or `12:lib/disk.mjs` where no module can be named, if a deploy has it or
 * a similar one.
 */
export async function moduleHint(io: Io, store: Store, text: string): Promise<ModcastError | undefined> {
  const { ref, path: given = ref } = splitRef(text);
  const inDeploy = given === ref ? 'latest' : ref;
  if (!/[./]/.test(given)) return undefined;
  const deploy = await resolveDeploy(store, inDeploy, io.now()).catch(() => undefined);
  const manifest = deploy === undefined ? null : await store.manifest(deploy.number);
  const paths = [...(manifest?.modules.keys() ?? [])];
  const path = paths.find((each) => each === typedPath(given)) ?? closestPath(given, paths);
  if (path === undefined) return undefined;
  const named = shellWord(`${inDeploy}:${path}`);
  const message = `${JSON.stringify(text)} is no deploy; to print a file, use \`modcast show ${named}\``;
  return new ModcastError('ref-unknown', message, { expected: `${inDeploy}:${path}`, found: text });
}

/**
 * Two sides of a comparison: a deploy by its ref, or a directory. Text that looks like a path is a directory;
 * other text is first a ref.
 *
 * @throws ModcastError `ref-unknown`, `directory-invalid`
 */
export async function resolveSides(
  io: Io,
  store: Store,
  texts: readonly [string, string],
): Promise<[Snapshot, Snapshot]> {
  const [a, b] = [await sideOf(io, store, texts[0]), await sideOf(io, store, texts[1])];
  const open = (side: string | Deploy, other: string | Deploy) =>
    typeof side === 'string' ? openDirectory(store, side, other) : deploySnapshot(store, side);
  return [await open(a, b), await open(b, a)];
}

/** The deploy, or the absolute path of the directory. */
async function sideOf(io: Io, store: Store, text: string): Promise<Deploy | string> {
  const directory = path.resolve(io.cwd, text);
  if (looksLikePath(text)) return directory;
  try {
    return await resolveDeploy(store, text, io.now());
  } catch (error) {
    const isUnknown = error instanceof ModcastError && error.code === 'ref-unknown';
    const found = isUnknown ? await stat(directory).catch(() => undefined) : undefined;
    if (found?.isDirectory()) return directory;
    throw error;
  }
}

/**
 * The whole content of a directory, as publishing reads it. Compared with a deploy that was made while the
 * directory was watched: only what such a deploy contains.
 */
async function openDirectory(store: Store, directory: string, other: Deploy | string): Promise<Snapshot> {
  if (typeof other === 'string' || other.channel !== WATCHED_CHANNEL)
    return directorySnapshot(directory, SITE_FILTER);
  const manifest = (await store.manifest(other.number)) ?? EMPTY_MANIFEST;
  const isWhole = siteContents(manifest).assets.files > 0;
  return directorySnapshot(directory, isWhole ? SITE_FILTER : DEFAULT_FILTER, 'development');
}
