import { randomBytes, timingSafeEqual } from 'node:crypto';
import { CHANNEL_PATTERN, ModcastError } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { NewToken, Store, Token } from '../store/store.js';

/** `read`: the whole history over HTTP. `publish:<channel>`, `publish:*`: deploys on that or any channel. */
export type Scope = string;

const TOKEN = /^mc_([0-9a-f]{16})_([\w-]{43})$/;

const hashOf = (secret: string): string => blake3(new TextEncoder().encode(secret));

/** Compared with when the id is unknown, so that the check takes the same time. */
const UNKNOWN = '0'.repeat(64);

/** @throws ModcastError `scope-invalid` */
export function parseScope(text: string): Scope {
  const channel = /^publish:(.*)$/s.exec(text)?.[1];
  if (text === 'read' || channel === '*' || (channel !== undefined && CHANNEL_PATTERN.test(channel)))
    return text;
  throw new ModcastError('scope-invalid', `not a scope: ${JSON.stringify(text.slice(0, 80))}`, {
    expected: 'read, publish:* or publish:<channel>',
    found: text,
  });
}

export interface TokenRequest {
  readonly scope: readonly Scope[];
  /** Milliseconds since 1970; null: never. */
  readonly expires: number | null;
  readonly note: string;
  readonly now: number;
}

/**
 * Makes a token. Its text, `mc_<id>_<secret>` with 256 random bits, cannot be read again later: the store has
 * only the secret's BLAKE3 hash. For a random secret of that length a slow hash would not be safer.
 *
 * @throws ModcastError `scope-invalid`, `option-invalid` (it would have expired already)
 */
export async function createToken(
  store: Store,
  { scope, expires, note, now }: TokenRequest,
): Promise<{ readonly text: string; readonly token: NewToken }> {
  if (expires !== null && !(expires > now)) {
    throw new ModcastError('option-invalid', 'expires: expected a time in the future, or null for never', {
      expected: `a time after ${now}`,
      found: expires,
    });
  }
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const scopes = [...new Set(scope.map(parseScope))];
  const token = { id, hash: hashOf(secret), scope: scopes, created: now, expires, note };
  await store.putToken(token);
  return { text: `mc_${id}_${secret}`, token };
}

/**
 * Finds the token of a text.
 * @throws ModcastError `token-invalid`; with the right secret also `token-revoked`, `token-expired`
 */
export async function checkToken(store: Store, text: string, now: number): Promise<Token> {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  const token = id === undefined ? null : await store.token(id);
  const same = timingSafeEqual(Buffer.from(hashOf(secret ?? '')), Buffer.from(token?.hash ?? UNKNOWN));
  if (token === null || !same)
    throw new ModcastError('token-invalid', 'the token is not valid for this registry');
  if (token.revoked !== null) {
    throw new ModcastError('token-revoked', `token ${token.id} was revoked at ${isoTime(token.revoked)}`);
  }
  if (token.expires !== null && token.expires <= now) {
    throw new ModcastError('token-expired', `token ${token.id} expired at ${isoTime(token.expires)}`);
  }
  return token;
}

/** @throws ModcastError `token-narrow` */
export function requireScope(token: Token, scope: Scope): void {
  const any = scope.startsWith('publish:') ? 'publish:*' : scope;
  if (token.scope.includes(scope) || token.scope.includes(any)) return;
  const message = `token ${token.id} is for ${token.scope.join(', ') || 'nothing'}, and this needs ${scope}`;
  throw new ModcastError('token-narrow', message, { expected: scope, found: token.scope });
}

const isoTime = (time: number): string => new Date(time).toISOString();
