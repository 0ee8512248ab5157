import type { Cleanup } from './cleanup.js';
import { debug } from './debug.js';
import type { ResolvedOptions } from './options.js';
import { makeDatabaseFolder } from './store/database-folder.js';
import { lockDatabase } from './store/lock.js';
import { openMemoryStore } from './store/memory.js';
import { assertOwn } from './store/sqlite-open.js';
import { openSqliteStore } from './store/sqlite.js';
import type { Store } from './store/store.js';

/**
 * Opens the store of a registry, and locks its database against a second server.
 *
 * @param directory the site's directory, as another server's error message names it
 * @throws ModcastError `store-locked`, and the codes of `openSqliteStore`
 */
export async function openStore(
  { database, channel }: Pick<ResolvedOptions, 'database' | 'channel'>,
  directory: string | null,
  cleanup: Cleanup,
): Promise<Store> {
  if (database !== ':memory:') {
    await makeDatabaseFolder(database);
    // Locking creates a file next to the database.
    assertOwn(database);
    const note = { pid: process.pid, directory: directory ?? '', channel, started: Date.now() };
    const lock = await lockDatabase(database, note);
    cleanup.add(() => lock.release());
  }
  const store = await (database === ':memory:' ? openMemoryStore() : openSqliteStore(database));
  debug.store('%s opened', database);
  cleanup.add(() => {
    debug.store('%s closes', database);
    return store.close();
  });
  return store;
}
