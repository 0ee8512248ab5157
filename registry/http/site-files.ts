import { createReadStream } from 'node:fs';
import { open, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { isInside } from '../ingest/files.js';
import { contentType } from '../content/media-type.js';
import type { SiteSource } from './site.js';

/** A file of the site, checked to lie within its root. */
export interface SiteFile {
  /** Absolute and real. */
  readonly file: string;
  readonly size: number;
  readonly modified: Date;
  /** Weak validator: size and time. */
  readonly etag: string;
}

/**
 * The file that a path names below `root` (absolute, real). Undefined when there is none, when it lies outside by
 * a link, or when the file system found it under another spelling than was asked for (case, short names).
 */
export async function findFile(root: string, name: string): Promise<SiteFile | 'directory' | undefined> {
  const wanted = path.join(root, name);
  try {
    const file = await realpath(wanted);
    if (!isInside(root, file)) return undefined;
    const respelt = file !== wanted && (file.toLowerCase() === wanted.toLowerCase() || /~\d/.test(name));
    if (respelt && file.normalize('NFC') !== wanted.normalize('NFC')) return undefined;
    if (
      path
        .relative(root, file)
        .split(path.sep)
        .some((segment) => segment.startsWith('.'))
    )
      return undefined;
    const found = await stat(file, { bigint: true });
    if (found.isDirectory()) return 'directory';
    if (!found.isFile()) return undefined;
    return {
      file,
      size: Number(found.size),
      modified: found.mtime,
      etag: `W/"${found.size.toString(36)}-${found.mtimeNs.toString(36)}"`,
    };
  } catch {
    return undefined;
  }
}

/** The files of a directory (absolute, real), whether the registry holds them or not. */
export function directorySource(root: string): SiteSource {
  return {
    async find(name) {
      const found = await findFile(root, name);
      if (found === undefined || found === 'directory') return found;
      return {
        bytes: () => readFile(found.file).catch(nullIfGone),
        respond(request, headers) {
          headers.set('Content-Type', contentType(name));
          headers.set('Cache-Control', 'no-cache');
          return fileResponse(request, found, headers);
        },
      };
    },
  };
}

/** For a promise's `catch`: a file may go between two calls, and any other error is one. */
function nullIfGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

/**
 * A byte range of RFC 9110 section 14. Several ranges, other units, and what is no valid range are answered with
 * the whole.
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

/** Answers with a file's bytes: conditional requests, one byte range, HEAD. Null when it is gone meanwhile. */
export async function fileResponse(
  request: Request,
  found: SiteFile,
  headers: Headers,
): Promise<Response | null> {
  headers.set('ETag', found.etag);
  headers.set('Last-Modified', found.modified.toUTCString());
  headers.set('Accept-Ranges', 'bytes');
  if (isFresh(request, found)) return new Response(null, { status: 304, headers });
  // A range is one of a GET (RFC 9110 section 14.2); no `If-Range` can match a weak validator.
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
  if (request.method === 'HEAD' || length === 0) return new Response(null, { status, headers });
  // Opened before the answer begins: a file that cannot be read is a status, not a broken body.
  const handle = await open(found.file, 'r').catch(nullIfGone);
  if (handle === null) return null;
  const span = range ?? { start: 0, end: found.size - 1 };
  const stream = createReadStream(found.file, { fd: handle, ...span, autoClose: true });
  const body = Readable.from(whole(stream, length), { objectMode: false });
  return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, { status, headers });
}

/** Fails when there is less than was promised: a client would wait for the rest, or take the next answer for it. */
async function* whole(stream: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let left = length;
  for await (const chunk of stream) {
    left -= chunk.length;
    yield chunk;
  }
  if (left > 0) throw new Error('the file was cut short while it was sent');
}

/** RFC 9110 section 13: `If-None-Match` wins over `If-Modified-Since`. */
function isFresh(request: Request, found: SiteFile): boolean {
  const match = request.headers.get('If-None-Match');
  if (match !== null) {
    const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
    return match.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(found.etag));
  }
  const since = Date.parse(request.headers.get('If-Modified-Since') ?? '');
  return !Number.isNaN(since) && Math.floor(found.modified.getTime() / 1000) * 1000 <= since;
}
