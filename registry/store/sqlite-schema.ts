import Database from 'better-sqlite3';
import { ModcastError } from '../../schema/index.js';

type Definition = readonly [type: string, name: string, table: string, sql: string | null];

const definitionsOf = (db: Database.Database): Definition[] =>
  db.prepare<[], Definition>('SELECT type, name, tbl_name, sql FROM sqlite_schema').raw().all();

const known = new WeakMap<readonly string[], readonly Definition[]>();

/** The definitions that the migrations make of an empty database. */
function expectedOf(migrations: readonly string[], prepare: (db: Database.Database) => void) {
  const kept = known.get(migrations);
  if (kept !== undefined) return kept;
  const db = new Database(':memory:');
  prepare(db);
  for (const step of migrations) db.exec(step);
  const definitions = definitionsOf(db);
  db.close();
  known.set(migrations, definitions);
  return definitions;
}

/**
 * Compares the text of the schema with that of a new database: with one changed bit, a table may read other
 * columns, or an index miss rows. Definitions of other programs are ignored.
 *
 * @param prepare defines the functions that the migrations use
 * @throws ModcastError `store-damaged`
 */
export function assertSchema(
  db: Database.Database,
  file: string,
  migrations: readonly string[],
  prepare: (db: Database.Database) => void,
): void {
  const found = new Set(definitionsOf(db).map((definition) => JSON.stringify(definition)));
  const lost = expectedOf(migrations, prepare).find((expected) => !found.has(JSON.stringify(expected)));
  if (lost === undefined) return;
  const [type, name] = lost;
  throw new ModcastError(
    'store-damaged',
    `database ${file}: its schema is damaged at ${type} ${name}; restore the file from a backup`,
    { expected: lost },
  );
}
