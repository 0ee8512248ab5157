import { declaresEncoding } from '../../schema/page-encoding.js';

/** Headers of a stored response that would be wrong for its decoded bytes, or for a new connection. */
const DROPPED = /^(?:content-encoding|content-length|transfer-encoding|connection|keep-alive|date|age)$/i;

/** Policies of the site's server. A worker needs the same ones from this service worker. */
const POLICIES = /^(?:content-security-policy|cross-origin-embedder-policy|document-policy)$/i;

export type HeaderList = readonly (readonly [name: string, value: string])[];

export const keptHeaders = ({ headers }: Response): HeaderList =>
  [...headers].filter(([name]) => !DROPPED.test(name));

export const policyHeaders = (headers: HeaderList): HeaderList =>
  headers.filter(([name]) => POLICIES.test(name));

/**
 * The header of a file of a deploy. Documents and plain text get `charset=utf-8`, as from the server, except
 * for pages that declare an encoding.
 *
 * @param bytes the file, if it is here
 */
export function typeHeader(type: string, bytes?: Uint8Array): string {
  const isDocument = type.startsWith('text/') && !/^text\/(?:xml|css|javascript)$/.test(type);
  const declares = type === 'text/html' && bytes !== undefined && declaresEncoding(bytes);
  return isDocument && !declares ? `${type}; charset=utf-8` : type;
}

/** Whether a response may be stored, and is that of its URL. */
export const mayKeep = ({ ok, redirected, headers }: Response): boolean =>
  ok && !redirected && !/\bno-store\b/i.test(headers.get('Cache-Control') ?? '');

/**
 * The answer to a request with a file's bytes: all of them, the range that it asks for, or 304.
 *
 * @param tag strong validator, with its quotes
 */
export function fileResponse(
  { headers: asked }: Pick<Request, 'headers'>,
  bytes: Uint8Array<ArrayBuffer>,
  headers: HeaderList,
  tag: string,
): Response {
  const all = new Headers([...headers, ['ETag', tag], ['Accept-Ranges', 'bytes']] as [string, string][]);
  const known = asked.get('If-None-Match')?.split(/\s*,\s*/) ?? [];
  if (known.some((one) => one.replace(/^W\//, '') === tag))
    return new Response(null, { status: 304, headers: all });
  const isSame = (asked.get('If-Range') ?? tag) === tag;
  const range = isSame ? requestedRange(asked.get('Range'), bytes.length) : undefined;
  if (range === 'unsatisfiable') {
    all.set('Content-Range', `bytes */${bytes.length}`);
    all.set('Content-Length', '0');
    return new Response(null, { status: 416, statusText: 'Range Not Satisfiable', headers: all });
  }
  const [start, end] = range ?? [0, bytes.length];
  all.set('Content-Length', String(end - start));
  if (range === undefined) return new Response(bytes, { statusText: 'OK', headers: all });
  all.set('Content-Range', `bytes ${start}-${end - 1}/${bytes.length}`);
  return new Response(bytes.subarray(start, end), {
    status: 206,
    statusText: 'Partial Content',
    headers: all,
  });
}

/** RFC 9110, section 14.2: one range; anything else is ignored, and gets the whole. */
function requestedRange(
  text: string | null,
  size: number,
): [start: number, end: number] | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if ((first === '' && last === '') || (first !== '' && last !== '' && Number(last) < Number(first)))
    return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? [start, end] : 'unsatisfiable';
}
