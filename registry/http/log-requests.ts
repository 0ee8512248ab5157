import { debug } from '../debug.js';
import type { Handler } from './handler.js';

/** Logs the status and the time of each answer under `modcast:http`. */
export function logRequests(handler: Handler): Handler {
  if (!debug.http.enabled) return handler;
  return async (request, ...rest) => {
    const start = performance.now();
    const { pathname } = new URL(request.url);
    const log = (outcome: unknown) =>
      debug.http(
        '%s %s: %s, %d ms',
        request.method,
        pathname,
        outcome,
        Math.round(performance.now() - start),
      );
    try {
      const response = await handler(request, ...rest);
      log(response?.status ?? 'not handled');
      return response;
    } catch (error) {
      log(error);
      throw error;
    }
  };
}
