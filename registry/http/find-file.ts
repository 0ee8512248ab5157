import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isInside } from '../ingest/files.js';

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
 * The file at a path below `root` (absolute, real). Undefined when there is none, when a link leads to a
 * dotfile or out of `root`, or when the file system matched another spelling (case, short names).
 */
export async function findFile(root: string, name: string): Promise<FoundFile | 'directory' | undefined> {
  const wanted = path.join(root, name);
  try {
    const file = await realpath(wanted);
    if (!isInside(root, file) || isRespelt(name, wanted, file)) return undefined;
    const segments = path.relative(root, file).split(path.sep);
    if (segments.some((segment) => segment.startsWith('.'))) return undefined;
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

/** Whether the file system found a file whose name is not spelled as asked. Unicode forms are equal. */
function isRespelt(name: string, wanted: string, file: string): boolean {
  if (file === wanted || file.normalize('NFC') === wanted.normalize('NFC')) return false;
  return file.toLowerCase() === wanted.toLowerCase() || /~\d/.test(name);
}
