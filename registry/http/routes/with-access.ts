import { ModcastError } from '../../../schema/index.js';
import { challenge } from '../../auth/authorize.js';
import type { Grant } from '../../auth/history-access.js';
import { problem } from '../response/answer.js';

/** Runs `work` when access is granted. Otherwise the response says which token is needed. */
export async function withAccess(
  access: Promise<Grant>,
  headers: Headers,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    const grant = await access;
    const response = await work();
    // Content that needs a token must not be in shared caches.
    if (grant === 'token' && response.ok) {
      const control = response.headers.get('Cache-Control') ?? '';
      response.headers.set('Cache-Control', control.replace('public', 'private'));
    }
    return response;
  } catch (error) {
    const authenticate = error instanceof ModcastError ? challenge(error.code) : undefined;
    if (authenticate === undefined) throw error;
    const { code, message } = error as ModcastError;
    headers.set('WWW-Authenticate', authenticate);
    return problem(code === 'token-narrow' ? 403 : 401, `${message} (${code})`, headers);
  }
}
