import { hasPath, pathUnknownAt, resolveDeploy, splitRef, typedPath } from '../../registry/history/index.js';
import type { Store } from '../../registry/index.js';
import { EMPTY_MANIFEST, type Manifest } from '../../schema/index.js';
import type { Io } from '../io.js';
import { chooseChannel } from './choose-channel.js';
import { isRefUnknown, neitherRefNorPath } from './refs.js';

/** Files and directories in a deploy. */
export interface DeployPaths {
  readonly manifest: Manifest;
  /** Whether the first argument was a ref. */
  readonly named: boolean;
  /** Without "/" at the end, and without the site itself. Empty: all files. */
  readonly paths: readonly string[];
}

/**
 * Reads the arguments `[ref] [path...]`. The first one is a path if it is no ref, and `12:lib` is both.
 * Without a ref: the newest deploy of production, else the newest of all.
 *
 * @returns null if there are no deploys and no arguments
 * @throws ModcastError `ref-unknown`, `ref-ambiguous`; `path-unknown`: the deploy does not have a path
 */
export async function readDeployPaths(
  io: Io,
  store: Store,
  args: readonly string[],
): Promise<DeployPaths | null> {
  const [first, ...rest] = args;
  const channel = await chooseChannel(store, undefined);
  const text = first ?? channel;
  if (text === null) return null;
  const { ref, path } = splitRef(text);
  const deploy = await resolveDeploy(store, ref, io.now()).catch(async (error: unknown) => {
    if (!isRefUnknown(error) || path !== undefined || channel === null) throw error;
    const head = await resolveDeploy(store, channel, io.now());
    const plain = plainPath(text);
    const { modules } = (await store.manifest(head.number)) ?? EMPTY_MANIFEST;
    if (plain === '' || hasPath(modules.keys(), plain)) return undefined;
    throw await neitherRefNorPath(store, head, plain, error);
  });
  const found = deploy ?? (await resolveDeploy(store, channel!, io.now()));
  const manifest = (await store.manifest(found.number)) ?? EMPTY_MANIFEST;
  const given = deploy === undefined ? args : path === undefined ? rest : [path, ...rest];
  const paths = given.map(plainPath);
  for (const one of paths)
    if (one !== '' && !hasPath(manifest.modules.keys(), one)) throw await pathUnknownAt(store, found, one);
  // The site itself contains the other paths.
  const all = paths.includes('');
  return { manifest, named: first !== undefined && deploy !== undefined, paths: all ? [] : paths };
}

const plainPath = (text: string): string => typedPath(text).replace(/^\.$|\/+$/, '');
