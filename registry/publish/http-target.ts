import { LIMITS, ModcastError } from '../../schema/index.js';
import { makePack } from './pack-stream.js';
import type { PublishTarget } from './publish-target.js';
import { registryUrl } from './registry-url.js';
import { JSON_TYPE, PACK_TYPE, decodeCommitted, decodeFailure, decodePlan, encodeProposal } from './wire.js';

export interface HttpTargetOptions {
  /** `https://host`, with the routes under `/-/`; or with another prefix `https://host/prefix/`. */
  readonly url: string;
  /** Undefined: none is sent. */
  readonly token: string | undefined;
  readonly fetch?: typeof fetch;
}

/**
 * A registry over HTTP. Passes on the registry's errors, and adds `server-unreachable` and `server-foreign`
 * (the answer is not from a registry).
 *
 * @throws ModcastError `option-invalid` for an invalid address or token
 */
export function httpTarget({ url, token, fetch: ask = fetch }: HttpTargetOptions): PublishTarget {
  const prefix = registryUrl(url);
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new ModcastError(
      'option-invalid',
      'the token contains spaces or special characters; MODCAST_TOKEN is one line, mc_…',
    );
  }
  const post = async (
    path: string,
    type: string | null,
    body: string | Uint8Array | null,
    onSent?: (part: number) => void,
  ): Promise<unknown> => {
    const headers = new Headers({ Accept: JSON_TYPE });
    const isCounted = onSent !== undefined && body instanceof Uint8Array;
    // Proxies may refuse a request without it.
    if (isCounted) headers.set('Content-Length', String(body.length));
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
    if (type !== null) headers.set('Content-Type', type);
    let response: Response;
    let text: string;
    try {
      // Following a redirect could lose the token, or send it to another host.
      response = await ask(new URL(`publish/${path}`, prefix), {
        method: 'POST',
        headers,
        body: isCounted ? inPieces(body, onSent) : (body as string | Uint8Array<ArrayBuffer> | null),
        redirect: 'manual',
        duplex: 'half',
      } as RequestInit);
      text = await response.text();
    } catch (cause) {
      throw unreachable(prefix, cause);
    }
    const json = parse(text);
    if (response.ok && json !== undefined) return json;
    throw decodeFailure(json) ?? foreign(prefix, response);
  };
  const decoded = async <T>(answer: Promise<unknown>, decode: (json: unknown) => T): Promise<T> => {
    const json = await answer;
    try {
      return decode(json);
    } catch (cause) {
      throw new ModcastError('server-foreign', `${prefix.href} did not answer like a modcast registry`, {
        cause,
      });
    }
  };
  return {
    plan: (proposal) =>
      decoded(
        post(`${encodeURIComponent(proposal.channel)}/plan`, JSON_TYPE, encodeProposal(proposal)),
        decodePlan,
      ),
    async put(lease, blobs, onSent) {
      await post(`${lease}/blobs`, PACK_TYPE, await makePack(blobs), onSent);
    },
    commit: (lease) => decoded(post(`${lease}/commit`, null, null), decodeCommitted),
  };
}

/** Bytes that are handed to the connection at a time. */
const PIECE_BYTES = 64 * 1024;

/** A body that tells how much of it the connection has taken. */
function inPieces(bytes: Uint8Array, onSent: (part: number) => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        onSent(at / bytes.length);
        controller.enqueue(bytes.subarray(at, (at += PIECE_BYTES)));
        if (at >= bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The reason is in the causes of the error that `fetch` throws. */
function unreachable(prefix: URL, error: unknown): ModcastError {
  let cause = error as { code?: unknown; message?: string; cause?: unknown; errors?: unknown[] };
  for (let next: unknown = cause; next !== undefined; next = cause.cause ?? cause.errors?.[0]) {
    cause = next as typeof cause;
  }
  const reason = typeof cause.code === 'string' ? cause.code : (cause.message ?? 'unknown');
  const words = REASONS[reason] ?? `the connection failed (${reason})`;
  return new ModcastError('server-unreachable', `${prefix.host}: ${words}`, { found: reason, cause: error });
}

const REASONS: { readonly [code: string]: string } = {
  ECONNREFUSED: 'connection refused (ECONNREFUSED)',
  ENOTFOUND: 'host not found (ENOTFOUND)',
  EAI_AGAIN: 'host name lookup failed (EAI_AGAIN)',
  ECONNRESET: 'the connection was lost (ECONNRESET); publish again to send the rest',
  UND_ERR_SOCKET: 'the connection was lost (UND_ERR_SOCKET); publish again to send the rest',
  EPIPE: 'the connection was lost (EPIPE); publish again to send the rest',
};

function foreign(prefix: URL, response: Response): ModcastError {
  if (response.status === 413) {
    const expected = `requests up to ${LIMITS.publishPackBytes} bytes`;
    const message = `a server in front of ${prefix.href} allows only smaller requests (413); allow ${expected}`;
    return new ModcastError('server-foreign', message, { expected, found: 413 });
  }
  const location = response.headers.get('Location');
  const type = response.headers.get('Content-Type') ?? 'no content type';
  const answer = location === null ? `${response.status}, ${type}` : `${response.status} to ${location}`;
  const message = `${prefix.href} is not a modcast registry, or an older version: it answered ${answer}`;
  return new ModcastError('server-foreign', message, { expected: JSON_TYPE, found: answer });
}
