/** Whether `If-None-Match` names an entity tag, by weak comparison (RFC 9110, section 13.1.2). */
export function matchesTag(header: string | null, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return (header ?? '').split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag));
}

export interface ByteRange {
  readonly start: number;
  /** The last byte. */
  readonly end: number;
}

/**
 * The byte range that a request asks for (RFC 9110, sections 13.1.5 and 14). Null when the whole has to be
 * sent: for several ranges, other units, invalid ranges, and when `If-Range` names another version. A weak
 * entity tag never matches there.
 */
export function requestedRange(
  request: Request,
  size: number,
  etag: string,
): ByteRange | 'unsatisfiable' | null {
  // Ranges are for GET only (RFC 9110, section 14.2).
  if (request.method !== 'GET') return null;
  const condition = request.headers.get('If-Range');
  if (condition !== null && (condition !== etag || etag.startsWith('W/'))) return null;
  return parseRange(request.headers.get('Range'), size);
}

/** Null for several ranges, other units and invalid ranges. */
export function parseRange(header: string | null, size: number): ByteRange | 'unsatisfiable' | null {
  const match = header === null ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return null;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return null;
  if (from !== '' && to !== '' && Number(from) > Number(to)) return null;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}

/** The answer when no part of a body of `size` bytes is in the range. */
export function unsatisfiable(size: number, headers: Headers): Response {
  headers.set('Content-Range', `bytes */${size}`);
  return new Response(null, { status: 416, headers });
}

/** Sets the headers of a part. */
export function setContentRange(headers: Headers, { start, end }: ByteRange, size: number): void {
  headers.set('Content-Range', `bytes ${start}-${end}/${size}`);
}
