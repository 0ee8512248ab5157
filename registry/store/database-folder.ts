import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The folder in which a site's own database lies. */
export const DATABASE_FOLDER = '.modcast';

const IGNORE = '# Made by modcast, and made again from the site: it is not to be committed or deployed.\n*\n';

/**
 * Makes the directory of a database. A site's own folder, `.modcast`, gets a .gitignore when it is made, so that
 * `git add .` and whoever packs the site by what git ignores leave the database out. Any other folder is the user's.
 */
export async function makeDatabaseFolder(database: string): Promise<void> {
  const folder = path.dirname(path.resolve(database));
  const made = await mkdir(folder, { recursive: true });
  if (made === undefined || path.basename(folder) !== DATABASE_FOLDER) return;
  await writeFile(path.join(folder, '.gitignore'), IGNORE, { flag: 'wx' }).catch(() => {
    // Another process has made it at the same moment, or the disk is full: the database says the latter in its own words.
  });
}
