import { isAllowedPage, type Access } from '../../auth/allowed-origins.js';
import { problem } from '../response/answer.js';

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
  if (isAllowedPage(access, request)) return undefined;
  return problem(403, `Only pages of this site may ${may}.`, headers);
}
