import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Handler } from './http.js';

/**
 * A Node request as a `Request`, or undefined when its target or its `Host` is malformed: those reach the URL
 * parser from outside, and it throws.
 */
export function toRequest(message: IncomingMessage): Request | undefined {
  const target = message.url ?? '';
  const host = message.headers.host ?? '';
  // Origin form only. A "#" never belongs in a target, and dot segments would be gone before anybody saw them.
  if (!target.startsWith('/') || target.startsWith('//') || /[#\\\s]/.test(target)) return undefined;
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(target.split('?', 1)[0]!)) return undefined;
  if (!/^[\w.:[\]-]+$/.test(host)) return undefined;
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(message.headers)) {
      if (name.startsWith(':') || value === undefined) continue;
      for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item);
    }
    const method = message.method ?? 'GET';
    const url = `http://${host}${target}`;
    const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(message) as ReadableStream);
    return new Request(url, { method, headers, body, ...(body === null ? {} : { duplex: 'half' }) });
  } catch {
    return undefined;
  }
}

/** Writes a `Response`. A client that goes away meanwhile is no error. */
export async function writeResponse(response: Response, out: ServerResponse): Promise<void> {
  out.statusCode = response.status;
  for (const [name, value] of response.headers) out.setHeader(name, value);
  if (response.body === null) {
    out.end();
    return;
  }
  try {
    await pipeline(Readable.fromWeb(response.body as never), out);
  } catch {
    out.destroy();
  }
}

/** A handler as Node's `(request, response, next)`; without `next`, what is not ours is a 404. */
export function toListener(handler: Handler, onError: (error: unknown) => void) {
  return async (message: IncomingMessage, out: ServerResponse, next?: () => void): Promise<void> => {
    try {
      const request = toRequest(message);
      if (request === undefined) {
        out.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
        out.end('Malformed request.\n');
        return;
      }
      const response = await handler(request);
      if (response !== null) await writeResponse(response, out);
      else if (next !== undefined) next();
      else out.writeHead(404).end();
    } catch (error) {
      onError(error);
      if (out.headersSent) out.destroy();
      else out.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Internal error.\n');
    }
  };
}
