import { byCodeUnit, type Manifest, type ManifestModule, type Path } from '../../schema/index.js';
import { isSelected } from './comparison.js';

/** A file, or a directory with all that is below it. */
export type Listed =
  | { readonly kind: 'file'; readonly path: Path; readonly module: ManifestModule }
  | {
      readonly kind: 'directory';
      /** With "/" at its end. */
      readonly path: string;
      readonly files: number;
      /** Bytes of the files. */
      readonly size: number;
    };

/**
 * The files and directories in a directory, sorted by path. A file is listed alone.
 *
 * @param name a directory or a file, without "/" at its end; empty: the whole site
 * @param recursive list all files below it, and no directories
 * @returns empty if there is no such file or directory
 */
export function listFiles({ modules }: Manifest, name: string, recursive = false): Listed[] {
  const below = name === '' ? 0 : name.length + 1;
  const directories = new Map<string, { files: number; size: number }>();
  const listed: Listed[] = [];
  for (const [path, module] of modules) {
    if (!isSelected(path, name === '' ? [] : [name])) continue;
    const end = recursive || path === name ? -1 : path.indexOf('/', below);
    if (end === -1) {
      listed.push({ kind: 'file', path, module });
      continue;
    }
    const directory = path.slice(0, end + 1);
    const sum = directories.get(directory) ?? { files: 0, size: 0 };
    directories.set(directory, { files: sum.files + 1, size: sum.size + module.size });
  }
  for (const [path, sum] of directories) listed.push({ kind: 'directory', path, ...sum });
  return listed.toSorted((a, b) => byCodeUnit(a.path, b.path));
}
