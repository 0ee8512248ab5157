import { hashKey } from './hash-key.js';
import type { Methods } from './methods.js';
import { tokenExists } from './changes.js';
import type { Connection } from './sqlite-connection.js';
import { damagedRow, sealRow, soundRow } from './sqlite-sums.js';
import type { Token, TokenStore } from './store.js';

type TokenRow = Omit<Token, 'scope'> & { readonly scope: string; readonly sound: number };

const TOKENS = `
  SELECT t.id, lower(hex(t.hash)) AS hash, t.scope, t.created, t.expires, t.note, t.revoked,
    ${soundRow('token', 't')} AS sound
  FROM token t`;

function toToken({ sound, ...row }: TokenRow): Token {
  if (!sound) throw damagedRow(`token ${row.id}`);
  return { ...row, scope: JSON.parse(row.scope) as string[] };
}

export function sqliteTokens(connection: Connection): Methods<TokenStore> {
  const insert = connection.prepare(
    `INSERT INTO token (id, hash, scope, created, expires, note)
     VALUES ($id, $hash, $scope, $created, $expires, $note) ON CONFLICT DO NOTHING`,
  );
  const seal = connection.prepare(sealRow('token'));
  const find = connection.prepare<TokenRow>(
    `${TOKENS} WHERE t.rowid = (SELECT rowid FROM token WHERE id = ?)`,
  );
  const list = connection.prepare<TokenRow>(`${TOKENS} NOT INDEXED ORDER BY t.created, t.id`);
  const count = connection.pluck<number>(
    "SELECT count(*) FROM token INDEXED BY sqlite_autoindex_token_1 WHERE id >= ''",
  );
  const revoke = connection.prepare('UPDATE token SET revoked = ? WHERE id = ? AND revoked IS NULL');
  const read = (id: string): Token | null => {
    const row = find.get(id);
    if (row === undefined) return null;
    if (row.id !== id) throw damagedRow(`token ${id}`);
    return toToken(row);
  };

  return {
    putToken: connection.writing(({ id, hash, scope, created, expires, note }) => {
      const row = { id, hash: hashKey(hash), scope: JSON.stringify(scope), created, expires, note };
      if (insert.run(row).changes === 0) throw tokenExists(id);
      seal.run(id);
    }),
    token: connection.reading(read),
    tokens: connection.reading(() => {
      const found = list.all().map(toToken);
      // A damaged page could hide some from the table, but not from the index too.
      if (count.get() !== found.length) throw damagedRow('the list of tokens');
      return found;
    }),
    revokeToken: connection.writing((id, time) => {
      // Reads it first: a damaged row must not become a sound one.
      if (read(id) === null) return null;
      revoke.run(time, id);
      seal.run(id);
      return read(id);
    }),
  };
}
