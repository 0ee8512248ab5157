import type { Access } from '../auth/allowed-origins.js';
import { problem } from './answer.js';

/**
 * Refuses a request that is not a POST of a page of the site.
 *
 * @param may completes "Only pages of this site may …"
 * @returns undefined for a request that is one
 */
export function refusePost(
  request: Request,
  headers: Headers,
  access: Access,
  may: string,
): Response | undefined {
  if (request.method !== 'POST') {
    headers.set('Allow', 'POST');
    return problem(405, 'Only POST.', headers);
  }
  const host = request.headers.get('Host') ?? new URL(request.url).host;
  if (access.originAllowed(request.headers.get('Origin') ?? undefined, host)) return undefined;
  return problem(403, `Only pages of this site may ${may}.`, headers);
}
