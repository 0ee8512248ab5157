import type { RegistryId } from '../../schema/index.js';
import type { Methods } from './methods.js';
import type { Connection } from './sqlite-connection.js';
import type { IdentityStore } from './store.js';

/** The identity that most of its copies agree on: a damaged copy changes nothing. */
export function sqliteIdentity(connection: Connection): Methods<IdentityStore> {
  const identity = connection.pluck<RegistryId>(
    'SELECT identity FROM registry GROUP BY identity ORDER BY count(*) DESC LIMIT 1',
  );
  return { identity: () => identity.get()! };
}

/** Problems of the identity's copies, as text. */
export function checkIdentity(connection: Connection): string[] {
  const [copies, distinct] = connection
    .rows<[number, number]>('SELECT count(*), count(DISTINCT identity) FROM registry')
    .get()!;
  return copies === 3 && distinct === 1 ? [] : ["the copies of the registry's identity differ"];
}
