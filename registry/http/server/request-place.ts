import type { IncomingMessage } from 'node:http';

/** The place that a request asks for. */
export interface RequestPlace {
  /** Undefined when it is malformed, missing or given twice. */
  readonly host: string | undefined;
  /** In origin form: path and query. Not checked. */
  readonly target: string;
}

/**
 * The place of a request. In absolute form (`GET http://host/path`) the target's own host counts, not the
 * header (RFC 9112 section 3.2.2).
 */
export function requestPlace({ url = '', headers, rawHeaders }: IncomingMessage): RequestPlace {
  const absolute = /^https?:\/\/([^/?]*)([^]*)$/i.exec(url);
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  const named = absolute?.[1] ?? headers.host ?? '';
  const host = hosts.length < 2 && /^[\w.:[\]-]+$/.test(named) ? named : undefined;
  return { host, target: absolute === null ? url : absolute[2]!.replace(/^(?!\/)/, '/') };
}
