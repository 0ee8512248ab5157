import { LIMITS, ModcastError } from '../../schema/index.js';
import type { Clock } from '../clock.js';

export interface BodyLimits {
  readonly bytes: number;
  /** Milliseconds to wait for more bytes. */
  readonly stallMs: number;
  readonly clock: Clock;
  /** Milliseconds since any moment. */
  readonly now?: () => number;
}

function tooLarge(limit: number): ModcastError {
  return new ModcastError('message-too-large', `the request is larger than ${limit} bytes`, {
    expected: limit,
  });
}

function tooSlow(): ModcastError {
  const expected = `${LIMITS.requestBytesPerSecond} bytes a second`;
  return new ModcastError('request-slow', `the request arrives too slowly; expected ${expected}`, {
    expected,
  });
}

/**
 * A request's body in pieces.
 * @throws ModcastError `message-too-large`, `request-slow`; the connection's error when it breaks
 */
export async function* bodyPieces(request: Request, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  if (Number(request.headers.get('Content-Length') ?? 0) > limits.bytes) throw tooLarge(limits.bytes);
  const reader = request.body?.getReader();
  const { stallMs, now = () => performance.now() } = limits;
  let length = 0;
  let waited = 0;
  try {
    while (reader !== undefined) {
      // Only the client's time counts, not the time in which the pieces are used.
      const started = now();
      const allowed = stallMs + (1000 * length) / LIMITS.requestBytesPerSecond - waited;
      if (allowed <= 0) throw tooSlow();
      const piece = await inTime(reader.read(), Math.min(stallMs, allowed), limits.clock);
      waited += now() - started;
      if (piece.done) return;
      length += piece.value.length;
      if (length > limits.bytes) throw tooLarge(limits.bytes);
      yield piece.value;
    }
  } finally {
    // The rest may still be read.
    reader?.releaseLock();
  }
}

async function inTime<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  let timer: { cancel(): void } | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = clock.after(ms, () => reject(tooSlow()));
  });
  work.catch(() => {});
  return Promise.race([work, late]).finally(() => timer?.cancel());
}

/** Discards the rest of a body, up to a limit, so that the client reads the answer. */
export async function drain(request: Request, limits: BodyLimits): Promise<void> {
  try {
    for await (const piece of bodyPieces(request, limits)) void piece;
  } catch {
    // Too large, too slow or disconnected: the connection is closed.
  }
}

/** The whole body. @throws as `bodyPieces` */
export async function wholeBody(request: Request, limits: BodyLimits): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bodyPieces(request, limits)) pieces.push(piece);
  return Buffer.concat(pieces);
}
