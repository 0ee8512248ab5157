import type { Methods } from './methods.js';
import { tokenExists } from './changes.js';
import { hashKey } from './sqlite-blobs.js';
import type { Connection } from './sqlite-connection.js';
import type { Token, TokenStore } from './store.js';

type TokenRow = Omit<Token, 'scope'> & { readonly scope: string };

const COLUMNS = 'id, lower(hex(hash)) AS hash, scope, created, expires, note, revoked';

const toToken = (row: TokenRow): Token => ({ ...row, scope: JSON.parse(row.scope) as string[] });

export function sqliteTokens(connection: Connection): Methods<TokenStore> {
  const insert = connection.prepare(
    `INSERT INTO token (id, hash, scope, created, expires, note)
     VALUES ($id, $hash, $scope, $created, $expires, $note) ON CONFLICT DO NOTHING`,
  );
  const find = connection.prepare<TokenRow>(`SELECT ${COLUMNS} FROM token WHERE id = ?`);
  const list = connection.prepare<TokenRow>(`SELECT ${COLUMNS} FROM token ORDER BY created, id`);
  const revoke = connection.prepare('UPDATE token SET revoked = ? WHERE id = ? AND revoked IS NULL');

  return {
    putToken: connection.writing(({ id, hash, scope, created, expires, note }) => {
      const row = { id, hash: hashKey(hash), scope: JSON.stringify(scope), created, expires, note };
      if (insert.run(row).changes === 0) throw tokenExists(id);
    }),
    token(id) {
      const row = find.get(id);
      return row === undefined ? null : toToken(row);
    },
    tokens: () => list.all().map(toToken),
    revokeToken: connection.writing((id, time) => {
      revoke.run(time, id);
      const row = find.get(id);
      return row === undefined ? null : toToken(row);
    }),
  };
}
