import type { IncomingMessage, ServerResponse } from 'node:http';
import { LIMITS } from '../../../schema/index.js';
import { systemClock, type Clock } from '../../clock.js';
import type { HeaderValues } from '../../pages/content-security-policy.js';
import { untilImportMayFail } from './failed-import.js';
import { requestPlace } from './request-place.js';
import { writeResponse } from './write-response.js';

/**
 * Converts a Node request. Undefined when its target or `Host` is malformed: parsing such a URL would throw.
 * The body is not read before it is used, because another handler may answer.
 */
export function toRequest(message: IncomingMessage): Request | undefined {
  const { host, target } = requestPlace(message);
  if (host === undefined) return undefined;
  // A "#" is never valid in a target, and parsing would silently resolve dot segments.
  if (!target.startsWith('/') || target.startsWith('//') || /[#\\\s]/.test(target)) return undefined;
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(target.split('?', 1)[0]!)) return undefined;
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(message.headers)) {
      if (name.startsWith(':') || value === undefined) continue;
      for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item);
    }
    headers.set('Host', host);
    const method = message.method ?? 'GET';
    const body = method === 'GET' || method === 'HEAD' ? {} : { body: bodyOf(message), duplex: 'half' };
    return new Request(`http://${host}${target}`, { method, headers, ...body } as RequestInit);
  } catch {
    return undefined;
  }
}

/** Reads from the message only on demand. Canceling keeps the connection open for the answer. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Buffer> | undefined;
  return new ReadableStream(
    {
      async pull(controller) {
        chunks ??= message.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Ends a connection on which a request's body is still arriving some time after its answer, when nobody reads
 * it.
 */
function endUnreadBody(message: IncomingMessage): void {
  if (message.complete) return;
  systemClock.after(LIMITS.requestStallMs, () => {
    if (!message.complete) message.destroy();
  });
}

/** When the last request of a connection has been answered. */
const answered = new WeakMap<object, Promise<void>>();

/** Answers whose turn has come. A listener may have passed the request on to the next one. */
const called = new WeakSet<ServerResponse>();

/**
 * Waits for the answers to earlier requests on the connection, which are sent in order anyway: a client can
 * send a thousand requests in one packet, and their answers would all wait in memory.
 */
async function inTurn(message: IncomingMessage, out: ServerResponse): Promise<void> {
  if (called.has(out)) return;
  called.add(out);
  const before = answered.get(message.socket);
  answered.set(message.socket, new Promise((resolve) => void out.once('close', resolve)));
  await before;
}

function refuse(out: ServerResponse, status: number, text: string): void {
  out.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 400 ? { Connection: 'close' } : {}),
  });
  out.end(`${text}\n`);
}

/**
 * @param headers those that are set on the response before, by lower-case name
 * @param isLast whether no other handler follows
 */
type RequestHandler = (request: Request, headers: HeaderValues, isLast: boolean) => Promise<Response | null>;

/**
 * Makes a Node listener `(request, response, next)`. Without `next`, it answers unknown URLs with 404 and
 * malformed ones with 400.
 */
export function toListener(
  handler: RequestHandler,
  onError: (error: unknown) => void,
  clock: Clock = systemClock,
) {
  return async (message: IncomingMessage, out: ServerResponse, next?: () => void): Promise<void> => {
    try {
      await inTurn(message, out);
      const request = toRequest(message);
      const isLast = next === undefined;
      const response = request === undefined ? null : await handler(request, out.getHeaders(), isLast);
      if (request !== undefined && (response !== null || isLast))
        await untilImportMayFail(request, response, clock);
      if (response !== null) await writeResponse(response, out, { clock });
      else if (next !== undefined) next();
      else if (request === undefined) refuse(out, 400, 'Malformed request.');
      else refuse(out, 404, message.url === '/' ? 'This site has no index.html.' : 'Not found.');
      if (out.writableEnded) endUnreadBody(message);
    } catch (error) {
      onError(error);
      if (out.headersSent) out.destroy();
      else refuse(out, 500, 'Internal error.');
    }
  };
}
