import type { Ahead } from '../guard/ahead.js';

/**
 * The guard's socket, if its server was told the same. Set its handlers at once: what it has said so far
 * follows in a microtask. Another one is closed.
 */
export function adoptSocket(ahead: Ahead, url: string): WebSocket | undefined {
  const known = ahead.socket;
  ahead.socket = undefined;
  if (known === undefined) return undefined;
  const { socket, events } = known;
  if (known.url !== url) {
    socket.close();
    return undefined;
  }
  queueMicrotask(() => {
    for (const event of events) socket[`on${event.type as 'open' | 'message' | 'close'}`]?.(event as never);
  });
  return socket;
}
