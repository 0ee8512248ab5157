import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Deploy, Store } from '../../registry/index.js';
import {
  deploySnapshot,
  directorySnapshot,
  closestPath,
  resolveDeploy,
  typedPath,
  type Snapshot,
} from '../../registry/history/index.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';

/** For the help of every command that takes a ref. */
export const REFS_HELP = `
Refs: 12 (a deploy's number), latest, HEAD (the newest of production, else latest), production (a channel's newest deploy),
production~2 or production^^ (two deploys before it), production@{2026-11-01}, @{yesterday}, or at least four digits of a
manifest's hash.`;

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
    throw (await moduleHint(store, text)) ?? error;
  }
}

/** An error for a ref that is the path of a module of the newest deploy, or similar to one. */
export async function moduleHint(store: Store, text: string): Promise<ModcastError | undefined> {
  const looksLikeModule = /[./]/.test(text);
  const [newest] = looksLikeModule ? await store.deploys({ limit: 1 }) : [];
  const paths = [...((newest && (await store.manifest(newest.number)))?.modules.keys() ?? [])];
  const path = paths.find((each) => each === typedPath(text)) ?? closestPath(text, paths);
  if (path === undefined) return undefined;
  const message = `${JSON.stringify(text)} is no deploy; show a module with \`modcast show latest:${path}\``;
  return new ModcastError('ref-unknown', message, { expected: `latest:${path}`, found: text });
}

/**
 * A deploy by its ref, or a directory. Text that looks like a path is a directory; other text is first a ref.
 * @throws ModcastError `ref-unknown`, `directory-invalid`
 */
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
