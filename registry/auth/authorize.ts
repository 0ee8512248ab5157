import { ModcastError, type ErrorCode } from '../../schema/index.js';
import { checkToken, requireScope, type Scope } from './tokens.js';
import type { Store, Token } from '../store/store.js';

/**
 * Checks the request's `Authorization: Bearer` token for a scope.
 * @throws ModcastError `token-required`, `token-invalid`, `token-revoked`, `token-expired`, `token-narrow`
 */
export async function authorize(store: Store, request: Request, scope: Scope, now: number): Promise<Token> {
  const header = request.headers.get('Authorization');
  if (header === null) {
    throw new ModcastError('token-required', `this needs a token with the scope ${scope}`, {
      expected: scope,
    });
  }
  const text = /^Bearer +(\S+) *$/i.exec(header)?.[1];
  if (text === undefined) {
    throw new ModcastError('token-invalid', 'the Authorization header is not "Bearer" and a token');
  }
  const token = await checkToken(store, text, now);
  requireScope(token, scope);
  return token;
}

/** The `WWW-Authenticate` header for an error, RFC 6750 section 3. Undefined for errors without a token. */
export function challenge(code: ErrorCode): string | undefined {
  switch (code) {
    case 'token-required':
      return 'Bearer realm="modcast"';
    case 'token-invalid':
    case 'token-revoked':
    case 'token-expired':
      return 'Bearer realm="modcast", error="invalid_token"';
    case 'token-narrow':
      return 'Bearer realm="modcast", error="insufficient_scope"';
    default:
      return undefined;
  }
}
