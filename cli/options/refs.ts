import { closestPath } from '../../registry/closest.js';
import type { Deploy, Store } from '../../registry/index.js';
import {
  hasAdvice,
  pathUnknownAt,
  resolveDeploy,
  splitRef,
  typedPath,
} from '../../registry/history/index.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { shellWord } from '../output/shell.js';

/** For the help of every command that takes a ref. */
export const REFS_HELP = `
Refs: 12 (a deploy's number), latest, production (a channel's newest deploy), HEAD (that of production, else
latest), production~2 or production^^ (two deploys before it), production@{2026-11-01}, @{yesterday}, v1.0 (a
tag), or at least four digits of a git commit or of a manifest's hash.`;

export const isRefUnknown = (error: unknown): error is ModcastError =>
  error instanceof ModcastError && error.code === 'ref-unknown';

/**
 * The error for a text that is neither a ref nor the path of a file or directory in a deploy: about the one
 * that it is more like.
 *
 * @param error says that it is no ref
 */
export async function neitherRefNorPath(
  store: Store,
  deploy: Deploy,
  text: string,
  error: ModcastError,
): Promise<ModcastError> {
  if (hasAdvice(error)) return error;
  const paths = [...((await store.manifest(deploy.number))?.modules.keys() ?? [])];
  const isPath = /[./]/.test(text) || closestPath(text, paths) !== undefined;
  return isPath ? pathUnknownAt(store, deploy, typedPath(text)) : error;
}

/**
 * The deploy of a ref. For the path of a module it says how to name the module in a deploy.
 * @throws ModcastError `ref-unknown`, `ref-ambiguous`
 */
export async function deployOrHint(io: Io, store: Store, text: string): Promise<Deploy> {
  try {
    return await resolveDeploy(store, text, io.now());
  } catch (error) {
    if (!isRefUnknown(error)) throw error;
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
