/** Headers of a stored response that would be wrong for its decoded bytes, or for a new connection. */
const DROPPED = /^(?:content-encoding|content-length|transfer-encoding|connection|keep-alive|date|age)$/i;

/** Policies of the site's server. A worker needs the same ones from this service worker. */
const POLICIES = /^(?:content-security-policy|cross-origin-embedder-policy|document-policy)$/i;

export type HeaderList = readonly (readonly [name: string, value: string])[];

export const keptHeaders = ({ headers }: Response): HeaderList =>
  [...headers].filter(([name]) => !DROPPED.test(name));

export const policyHeaders = (headers: HeaderList): HeaderList =>
  headers.filter(([name]) => POLICIES.test(name));

/** The header of a file of a deploy. Documents and plain text get `charset=utf-8`, as from the server. */
export function typeHeader(type: string): string {
  const isDocument = type.startsWith('text/') && !/^text\/(?:xml|css|javascript)$/.test(type);
  return isDocument ? `${type}; charset=utf-8` : type;
}

/** The answer to a request with a file's bytes: all of them, or the range that it asks for. */
export function fileResponse(
  request: Pick<Request, 'headers'>,
  bytes: Uint8Array<ArrayBuffer>,
  headers: HeaderList,
): Response {
  const range = requestedRange(request.headers.get('Range'), bytes.length);
  if (range === undefined) {
    const all = [...headers, ['Accept-Ranges', 'bytes'], ['Content-Length', String(bytes.length)]];
    return new Response(bytes, { headers: all as [string, string][] });
  }
  const [start, end] = range;
  const part = new Headers([...headers] as [string, string][]);
  part.set('Content-Range', `bytes ${start}-${end - 1}/${bytes.length}`);
  part.set('Content-Length', String(end - start));
  return new Response(bytes.subarray(start, end), { status: 206, headers: part });
}

/** RFC 9110, section 14.2: one range; anything else is ignored, and gets the whole. */
function requestedRange(text: string | null, size: number): [start: number, end: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? [start, end] : undefined;
}
