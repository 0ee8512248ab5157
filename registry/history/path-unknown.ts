import { ModcastError, type Path } from '../../schema/index.js';
import type { Deploy, Store } from '../store/store.js';
import { closestPath } from '../closest.js';

/** A file's path as it may be typed: `./lib/a.mjs`, `/lib/a.mjs`, or with decomposed characters. */
export const typedPath = (text: string): string => text.replace(/^(?:\.?\/)+/, '').normalize('NFC');

/**
 * @param message what has no such file
 * @param paths the files that could be meant
 * @param otherwise advice if none is similar
 */
export function pathUnknown(
  message: string,
  given: string,
  paths: readonly Path[],
  otherwise?: string,
): ModcastError {
  const near = closestPath(given, paths);
  const advice = near === undefined ? otherwise : `did you mean ${near}?`;
  return new ModcastError('path-unknown', advice === undefined ? message : `${message}; ${advice}`, {
    expected: near ?? 'the path of a file',
    found: given,
  });
}

/** Says that a deploy has no file at a path, with the deploy that deleted it or a similar path. */
export async function pathUnknownAt(
  store: Pick<Store, 'versions' | 'manifest'>,
  { number, channel }: Deploy,
  path: Path,
): Promise<ModcastError> {
  const message = `deploy ${number} on ${channel} has no ${JSON.stringify(path)}`;
  const versions = await store.versions(channel, path);
  const last = versions.find(({ to }) => to !== null && to <= number);
  if (versions.length > 0) {
    const reason =
      last === undefined ? `deploy ${versions.at(-1)!.from} added it` : `deploy ${last.to} deleted it`;
    const advice = `list its versions with \`modcast log --channel ${channel} ${path}\``;
    return pathUnknown(`${message}: ${reason}`, path, [], advice);
  }
  const paths = [...((await store.manifest(number))?.modules.keys() ?? [])];
  const directory = path.replace(/\/*$/, '/');
  if (paths.some((each) => each.startsWith(directory))) {
    const what = `${JSON.stringify(path)} is a directory of deploy ${number} on ${channel}`;
    return pathUnknown(what, path, [], `list its files with \`modcast ls ${number} ${directory}\``);
  }
  return pathUnknown(message, path, paths, `list its files with \`modcast show ${number}:\``);
}
