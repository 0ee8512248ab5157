import { tokenExists } from './changes.js';
import type { State } from './memory-state.js';
import type { Methods } from './methods.js';
import type { Token, TokenStore } from './store.js';

const copyOf = (token: Token): Token => ({ ...token, scope: [...token.scope] });

export function memoryTokens({ tokens }: State): Methods<TokenStore> {
  return {
    putToken(token) {
      if (tokens.has(token.id)) throw tokenExists(token.id);
      tokens.set(token.id, copyOf({ ...token, revoked: null }));
    },
    token(id) {
      const token = tokens.get(id);
      return token === undefined ? null : copyOf(token);
    },
    tokens: () =>
      [...tokens.values()].toSorted((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1)).map(copyOf),
    revokeToken(id, time) {
      const token = tokens.get(id);
      if (token === undefined) return null;
      const revoked = { ...token, revoked: token.revoked ?? time };
      tokens.set(id, revoked);
      return copyOf(revoked);
    },
  };
}
