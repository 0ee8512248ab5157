import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModcastError } from '../../schema/index.js';
import { isSystemError, systemReason } from '../system-error.js';

/** The folder of a site's own database. */
export const DATABASE_FOLDER = '.modcast';

const IGNORE = '# Written by modcast and rebuilt from the site. Do not commit or deploy.\n*\n';

/**
 * Creates the directory of a database. A new `.modcast` folder of a site gets a .gitignore, so that `git add
 * .` and tools that follow .gitignore skip the database. Other folders belong to the user.
 *
 * @throws ModcastError `store-unavailable`
 */
export async function makeDatabaseFolder(database: string): Promise<void> {
  const folder = path.dirname(path.resolve(database));
  const made = await mkdir(folder, { recursive: true }).catch(async (failed: unknown) => {
    // On a read-only file system, a recursive mkdir only says ENOENT.
    const error = await mkdir(folder).catch((reason: unknown) => reason);
    if (!isSystemError(error)) throw failed;
    const isReadOnly = ['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '');
    const why = isReadOnly ? `${path.dirname(folder)} is read-only for this user` : 'the system refuses it';
    const message = `cannot create ${folder}: ${why}: ${systemReason(error)}; keep the database elsewhere with --db <file>`;
    throw new ModcastError('store-unavailable', message, {
      expected: 'a directory that may be written',
      found: error.code,
      cause: error,
    });
  });
  if (made === undefined || path.basename(folder) !== DATABASE_FOLDER) return;
  await writeFile(path.join(folder, '.gitignore'), IGNORE, { flag: 'wx' }).catch(() => {
    // Another process was faster, or the disk is full. Opening the database reports the latter.
  });
}
