import { lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isHidden } from '../../../schema/index.js';
import { linkProblem } from '../../ingest/files.js';

/** A regular file below a directory. */
export interface FoundFile {
  /** Absolute and real. */
  readonly file: string;
  readonly size: number;
  readonly modified: Date;
  /** Weak validator: size and time. */
  readonly etag: string;
}

/**
 * The file at a path below `root`. Undefined when there is none, when its path or the target of a link is
 * that of a dotfile, when a link leads out of `root`, or when the file system matched another spelling (case,
 * short names).
 *
 * @param root absolute. A link is followed each time, because a release may re-point it.
 */
export async function findFile(root: string, name: string): Promise<FoundFile | 'directory' | undefined> {
  if (isHidden(name)) return undefined;
  try {
    const realRoot = await realpath(root);
    const wanted = path.join(realRoot, name);
    const file = await realpath(wanted);
    if (linkProblem(realRoot, file) !== undefined) return undefined;
    if (!isSameName(file, wanted) && (await isRespelt(realRoot, name))) return undefined;
    const found = await stat(file, { bigint: true });
    if (found.isDirectory()) return 'directory';
    if (!found.isFile()) return undefined;
    return {
      file,
      size: Number(found.size),
      modified: found.mtime,
      etag: `W/"${found.size.toString(36)}-${found.mtimeNs.toString(36)}"`,
    };
  } catch {
    return undefined;
  }
}

/** Unicode forms are equal. */
const isSameName = (a: string, b: string): boolean => a === b || a.normalize('NFC') === b.normalize('NFC');

/** Whether the file system found a name that is not spelled as asked. A link has another name as well. */
async function isRespelt(root: string, name: string): Promise<boolean> {
  let real = root;
  for (const segment of name.split('/')) {
    const wanted = path.join(real, segment);
    real = await realpath(wanted);
    if (!isSameName(real, wanted) && !(await lstat(wanted)).isSymbolicLink()) return true;
  }
  return false;
}
