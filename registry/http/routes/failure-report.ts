import { LIMITS, ModcastError, parseFromClient } from '../../../schema/index.js';
import type { Access } from '../../auth/allowed-origins.js';
import type { Clock } from '../../clock.js';
import type { RegistryEvents } from '../../events.js';
import { wholeBody } from '../../publish/request-body.js';
import { problem } from '../response/answer.js';
import { refusePost } from './page-post.js';

type Report = Parameters<RegistryEvents['failed']>[0];

export interface FailureReportOptions {
  readonly access: Access;
  readonly clock: Clock;
  readonly onFailed: (report: Report) => void;
}

/** Answers `POST <prefix>failed`. */
export type FailureReportRoute = (request: Request, headers: Headers) => Promise<Response>;

/**
 * Takes the report of a page that runs without its loader, and so without a socket: a `failed` message. All
 * pages together may send as many in a second as one socket.
 */
export function createFailureReportRoute(options: FailureReportOptions): FailureReportRoute {
  const { access, clock, onFailed } = options;
  let count = 0;
  return async (request, headers) => {
    const refused = refusePost(request, headers, access, 'report failures');
    if (refused !== undefined) return refused;
    if (count >= LIMITS.clientReportsPerSecond) return problem(429, 'Too many reports.', headers);
    if (count++ === 0) clock.after(1000, () => (count = 0));
    const report = await read(request, clock);
    if (report instanceof ModcastError) {
      headers.set('Connection', 'close');
      return problem(report.code === 'request-slow' ? 408 : 413, `${report.message}.`, headers);
    }
    if (report === undefined) return problem(400, 'Expected a message of the type "failed".', headers);
    onFailed(report);
    headers.set('Cache-Control', 'no-store');
    return new Response(null, { status: 204, headers });
  };
}

async function read(request: Request, clock: Clock): Promise<Report | ModcastError | undefined> {
  const limits = { bytes: LIMITS.reportRequestBytes, stallMs: LIMITS.requestStallMs, clock };
  try {
    const message = parseFromClient((await wholeBody(request, limits)).toString());
    return message.type === 'failed' ? message : undefined;
  } catch (error) {
    const isLimit = error instanceof ModcastError && error.code !== 'message-invalid';
    return isLimit ? error : undefined;
  }
}
