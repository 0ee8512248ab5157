import type { ServerResponse } from 'node:http';
import { LIMITS } from '../../../schema/index.js';
import type { Clock } from '../../clock.js';

export interface WriteOptions {
  readonly clock: Clock;
  /** Milliseconds without progress after which the client is disconnected. */
  readonly stallMs?: number;
}

/**
 * Writes a `Response`, no faster than the client reads it. A client that stops reading is disconnected. A
 * client that disconnects is not an error.
 */
export async function writeResponse(
  response: Response,
  out: ServerResponse,
  { clock, stallMs = LIMITS.responseStallMs }: WriteOptions,
): Promise<void> {
  out.statusCode = response.status;
  for (const [name, value] of response.headers) out.setHeader(name, value);
  /** Waits for an event of the connection, but no longer than `stallMs`. */
  const progress = async (event: 'drain' | 'finish') => {
    const stalled = clock.after(stallMs, () => out.destroy());
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const name of [event, 'close'] as const) out.off(name, done);
        resolve();
      };
      for (const name of [event, 'close'] as const) out.on(name, done);
    });
    stalled.cancel();
  };
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      if (!out.write(piece.value) && !out.destroyed) await progress('drain');
      if (out.destroyed) break;
    }
    out.end();
    if (!out.writableFinished && !out.destroyed) await progress('finish');
  } catch {
    out.destroy();
  } finally {
    // Closes the file behind a response that was not sent to its end.
    await reader?.cancel().catch(() => {});
  }
}
