import { matchesTag, requestedRange, setContentRange, unsatisfiable, type ByteRange } from './conditional.js';
import { gzipped, sharedBody } from './shared-bytes.js';

/** How a client may cache an answer. */
export type Freshness = 'immutable' | 'revalidate';

const CACHE_CONTROL = {
  immutable: 'public, max-age=31536000, immutable',
  revalidate: 'no-cache',
} as const;

/** Smaller bodies are not worth compressing. */
const COMPRESS_FROM = 1024;

export interface Body {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly freshness: Freshness;
  /** Strong validator without its quotes. */
  readonly tag?: string;
  /** The bytes in the encoding `dcz`, for a client that takes it. */
  readonly delta?: Uint8Array | undefined;
}

/** A plain-text error. */
export function problem(status: number, message: string, headers: Headers): Response {
  headers.set('Content-Type', 'text/plain; charset=utf-8');
  headers.set('Cache-Control', 'no-store');
  return new Response(`${message}\n`, { status, headers });
}

/** Browsers cache a permanent redirect forever, so they have to ask again. */
export function redirect(location: string, headers: Headers): Response {
  headers.set('Cache-Control', 'no-cache');
  headers.set('Location', location);
  return new Response(null, { status: 308, headers });
}

export const isReading = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

export function notAllowed(headers: Headers): Response {
  headers.set('Allow', 'GET, HEAD');
  return problem(405, 'Only GET and HEAD.', headers);
}

/** RFC 9110 section 12.5.3: listed, with a weight above 0. */
export function takes(request: Request, name: 'gzip' | 'dcz'): boolean {
  const codings = (request.headers.get('Accept-Encoding') ?? '').split(',');
  return codings.some((coding) => {
    const [own, weight = ''] = coding.split(';').map((part) => part.trim());
    return own!.toLowerCase() === name && !/^q\s*=\s*0(?:\.0*)?$/i.test(weight);
  });
}

/**
 * A response with bytes from memory: validator, gzip for text if the client accepts it, one byte range of
 * the uncompressed bytes, HEAD.
 */
export async function answer(request: Request, body: Body, headers: Headers): Promise<Response> {
  headers.set('Content-Type', body.type);
  headers.set('Cache-Control', CACHE_CONTROL[body.freshness]);
  let { bytes } = body;
  let part: ByteRange | null = null;
  const text = bytes.length >= COMPRESS_FROM && /^text\/|javascript|json/.test(body.type);
  const gzip = text && takes(request, 'gzip') && !request.headers.has('Range');
  if (text) headers.append('Vary', 'Accept-Encoding');
  if (body.tag !== undefined) {
    // A strong validator would claim equal bytes, but compressed ones differ.
    const etag = `${gzip ? 'W/' : ''}"${body.tag}"`;
    headers.set('ETag', etag);
    headers.set('Accept-Ranges', 'bytes');
    if (matchesTag(request.headers.get('If-None-Match'), etag))
      return new Response(null, { status: 304, headers });
    const range = requestedRange(request, bytes.length, etag);
    if (range === 'unsatisfiable') return unsatisfiable(bytes.length, headers);
    if (range !== null) {
      setContentRange(headers, range, bytes.length);
      part = range;
    }
  }
  if (gzip) {
    bytes = await gzipped(bytes);
    const isSmaller = body.delta !== undefined && body.delta.length < bytes.length;
    if (isSmaller) bytes = body.delta!;
    headers.set('Content-Encoding', isSmaller ? 'dcz' : 'gzip');
  }
  const length = part === null ? bytes.length : part.end - part.start + 1;
  headers.set('Content-Length', String(length));
  const whole = request.method === 'HEAD' ? null : sharedBody(bytes, part);
  return new Response(whole, { status: part === null ? 200 : 206, headers });
}
