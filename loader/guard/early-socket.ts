import { helloToQuery } from '../../schema/hello-query.js';
import { PROTOCOL_VERSION } from '../../schema/message.js';
import type { Path } from '../../schema/path.js';

/** A socket that was opened while the loader was still on its way, and what has come on it. */
export interface EarlySocket {
  readonly socket: WebSocket;
  readonly url: string;
  readonly messages: MessageEvent<string | ArrayBuffer>[];
}

/** What a browser that has nothing tells the registry. */
const socketUrl = (prefix: string, registry: string, channel: string, entries: Path[]): string =>
  `${prefix.replace(/^http/, 'ws')}socket?registry=${registry}&${helloToQuery({
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    channel,
    have: null,
    fusion: null,
    deploy: null,
    entries,
  })}`;

/**
 * Opens the socket of a first visit. On later ones the loader comes from the browser's cache, and knows what
 * the browser has.
 *
 * @param tag of the loader
 * @returns undefined where the loader has to decide
 */
export function openEarly({ src, dataset }: HTMLScriptElement): EarlySocket | undefined {
  const { registry, channel = 'dev', entries = '[]', socket: allowed } = dataset;
  if (registry === undefined || allowed === 'off') return undefined;
  try {
    const prefix = new URL('.', src).href;
    // As members of the window, which a page without storage throws at.
    const { localStorage, WebSocket: Socket } = window;
    if (localStorage.getItem(`modcast ${prefix} ${channel}`) !== null) return undefined;
    if (localStorage.getItem('modcast policies') !== null) return undefined;
    const url = socketUrl(prefix, registry, channel, JSON.parse(entries) as Path[]);
    const socket = new Socket(url);
    const messages: MessageEvent<string | ArrayBuffer>[] = [];
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => messages.push(event);
    return { socket, url, messages };
  } catch {
    return undefined;
  }
}

/** The early socket, if it is the one that the loader wants: what has come is delivered at once. */
export function adopt(early: EarlySocket | undefined, url: string): WebSocket | undefined {
  if (early === undefined) return undefined;
  const { socket, messages } = early;
  if (early.url !== url || socket.readyState > WebSocket.OPEN) {
    socket.onmessage = null;
    socket.close();
    return undefined;
  }
  queueMicrotask(() => {
    if (socket.readyState === WebSocket.OPEN) socket.onopen?.(new Event('open'));
    for (const message of messages.splice(0)) socket.onmessage?.(message);
  });
  return socket;
}
