import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FoundFile } from './find-file.js';

/** For a promise's `catch`: null when the file was deleted between two calls. */
export function nullIfGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

/**
 * A byte range, RFC 9110 section 14. Null for several ranges, other units and invalid ranges: the whole file
 * is sent.
 */
export function parseRange(
  header: string | null,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | null {
  const match = header === null ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return null;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return null;
  if (from !== '' && to !== '' && Number(from) > Number(to)) return null;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
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
  // Ranges are for GET only (RFC 9110 section 14.2), and `If-Range` never matches a weak validator.
  const ranged = request.method === 'GET' && request.headers.get('If-Range') === null;
  const range = ranged ? parseRange(request.headers.get('Range'), found.size) : null;
  if (range === 'unsatisfiable') {
    headers.set('Content-Range', `bytes */${found.size}`);
    return new Response(null, { status: 416, headers });
  }
  if (range !== null) headers.set('Content-Range', `bytes ${range.start}-${range.end}/${found.size}`);
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
  if (match !== null) {
    const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
    return match.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(found.etag));
  }
  const since = Date.parse(request.headers.get('If-Modified-Since') ?? '');
  return !Number.isNaN(since) && Math.floor(found.modified.getTime() / 1000) * 1000 <= since;
}
