import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { matchesTag, requestedRange, setContentRange, unsatisfiable } from './conditional.js';
import type { FoundFile } from '../site/find-file.js';

/** For a promise's `catch`: null when the file was deleted between two calls. */
export function nullIfGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

/** A file's bytes, with conditional requests, one byte range and HEAD. Null when the file is gone. */
export async function fileResponse(
  request: Request,
  found: FoundFile,
  headers: Headers,
): Promise<Response | null> {
  headers.set('ETag', found.etag);
  headers.set('Last-Modified', found.modified.toUTCString());
  headers.set('Accept-Ranges', 'bytes');
  if (isFresh(request, found)) return new Response(null, { status: 304, headers });
  const range = requestedRange(request, found.size, found.etag);
  if (range === 'unsatisfiable') return unsatisfiable(found.size, headers);
  if (range !== null) setContentRange(headers, range, found.size);
  const length = range === null ? found.size : range.end - range.start + 1;
  headers.set('Content-Length', String(length));
  const status = range === null ? 200 : 206;
  // Open before the response starts: a file that cannot be read gives a status, not a broken body.
  const handle = await open(found.file, 'r').catch(nullIfGone);
  if (handle === null) return null;
  if (request.method === 'HEAD' || length === 0) {
    await handle.close();
    return new Response(null, { status, headers });
  }
  const span = range ?? { start: 0, end: found.size - 1 };
  const stream = createReadStream(found.file, { fd: handle, ...span, autoClose: true });
  const body = Readable.from(whole(stream, length), { objectMode: false });
  return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, { status, headers });
}

/** Fails when the file is shorter than `Content-Length`: the client would wait for the rest. */
async function* whole(stream: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let left = length;
  for await (const chunk of stream) {
    left -= chunk.length;
    yield chunk;
  }
  if (left > 0) throw new Error('the file was truncated while it was sent');
}

/** RFC 9110 section 13: `If-None-Match` wins over `If-Modified-Since`. */
function isFresh(request: Request, found: FoundFile): boolean {
  const match = request.headers.get('If-None-Match');
  if (match !== null) return matchesTag(match, found.etag);
  const since = Date.parse(request.headers.get('If-Modified-Since') ?? '');
  return !Number.isNaN(since) && Math.floor(found.modified.getTime() / 1000) * 1000 <= since;
}
