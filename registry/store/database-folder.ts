import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The folder of a site's own database. */
export const DATABASE_FOLDER = '.modcast';

const IGNORE = '# Written by modcast and rebuilt from the site. Do not commit or deploy.\n*\n';

/**
 * Creates the directory of a database. A new `.modcast` folder of a site gets a .gitignore, so that `git add
 * .` and tools that follow .gitignore skip the database. Other folders belong to the user.
 */
export async function makeDatabaseFolder(database: string): Promise<void> {
  const folder = path.dirname(path.resolve(database));
  const made = await mkdir(folder, { recursive: true });
  if (made === undefined || path.basename(folder) !== DATABASE_FOLDER) return;
  await writeFile(path.join(folder, '.gitignore'), IGNORE, { flag: 'wx' }).catch(() => {
    // Another process was faster, or the disk is full. Opening the database reports the latter.
  });
}
