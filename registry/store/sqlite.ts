import { asStore } from './methods.js';
import { sqliteBlobs } from './sqlite-blobs.js';
import { sqliteCheck } from './sqlite-check.js';
import { sqliteCollect } from './sqlite-collect.js';
import { sqliteDeployRows } from './sqlite-deploy-rows.js';
import { sqliteDeploys } from './sqlite-deploys.js';
import { sqliteDerived } from './sqlite-derived.js';
import { explainSchemaError, explainSqliteError } from './sqlite-errors.js';
import { sqliteFiles } from './sqlite-files.js';
import { sqliteIdentity } from './sqlite-identity.js';
import { sqliteHistory } from './sqlite-history.js';
import { sqliteManifests } from './sqlite-manifests.js';
import { openDatabase, type OpenOptions } from './sqlite-open.js';
import { sqliteRows } from './sqlite-rows.js';
import { sqliteTags } from './sqlite-tags.js';
import { sqliteTokens } from './sqlite-tokens.js';
import type { Connection } from './sqlite-connection.js';
import type { Store } from './store.js';

/**
 * A store in one SQLite file (plus `-wal` and `-shm` while it is open). Several processes may open the same
 * file. Acknowledged commits survive a power failure, except those with `durable: false`.
 *
 * @param file is created if needed, unless `create` is false; its directory must exist
 * @throws ModcastError `store-native`, `store-unavailable`, `store-foreign`, `store-newer`, `store-unsafe`,
 *   `store-damaged`, `store-busy`
 */
export async function openSqliteStore(file: string, options: OpenOptions = {}): Promise<Store> {
  const connection = openDatabase(file, undefined, options);
  try {
    return asStore(
      methodsOf(connection),
      () => connection.db.close(),
      (error) => explainSqliteError(error, connection.file),
    );
  } catch (error) {
    connection.db.close();
    throw explainSchemaError(error, connection.file);
  }
}

function methodsOf(connection: Connection) {
  const rows = sqliteRows(connection);
  const deployRows = sqliteDeployRows(connection, rows);
  const manifests = sqliteManifests(connection);
  const blobs = sqliteBlobs(connection, rows);
  return {
    ...blobs,
    ...sqliteDeploys(connection, rows, deployRows, manifests, blobs.putBlobs),
    ...sqliteFiles(connection),
    ...sqliteHistory(connection, rows, deployRows, manifests),
    ...sqliteCollect(connection),
    ...sqliteCheck(connection, manifests),
    ...sqliteTokens(connection),
    ...sqliteTags(connection),
    ...sqliteDerived(connection),
    ...sqliteIdentity(connection),
  };
}
