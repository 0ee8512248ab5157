import { helloToQuery } from '../../schema/hello-query.js';
import { PROTOCOL_VERSION } from '../../schema/message.js';
import { hintKey, readHint } from '../cache/stored-hint.js';
import { readStoredRows, type StoredRows } from '../cache/stored-rows.js';
import { socketUrl } from '../transport/socket-url.js';

/** What the guard starts while the loader is on its way. */
export interface Ahead {
  /** What this browser has stored of the registry. */
  rows?: Promise<StoredRows>;
  socket?: AheadSocket | undefined;
  /** Policies that violations have shown. */
  readonly policies: string[];
}

export interface AheadSocket {
  readonly url: string;
  readonly socket: WebSocket;
  /** `open`, `message` and `close` events so far. */
  readonly events: Event[];
}

/** Policies of pages that were visited before: see `KnownPolicies`. */
const POLICIES = 'modcast policies';

/**
 * Starts what most boots wait for: the read of the cache, or the socket, with what the page has. Does nothing
 * where the page may not read `localStorage`, or a policy may forbid the socket: then the loader does it.
 *
 * @param loader absolute URL of the loader
 * @param data the attributes of its tag
 */
export function startAhead(ahead: Ahead, loader: string, data: DOMStringMap): void {
  const { registry, channel, boot, deploy, socket, entries } = data;
  if (registry === undefined || channel === undefined) return;
  try {
    const { localStorage, WebSocket } = globalThis;
    const prefix = new URL('.', loader).href;
    const known = readHint(hintKey(prefix, channel), registry);
    if (known.have !== null) {
      ahead.rows = readStoredRows(registry);
      // The loader awaits it, or never comes.
      ahead.rows.catch(() => {});
    }
    // The page boots from the cache, and the socket would only take time from it.
    if (boot === 'cached' && deploy?.split(' ')[1] === known.have) return;
    if (socket === 'off' || /(?:connect|default)-src/.test(localStorage.getItem(POLICIES) ?? '')) return;
    const hello = {
      type: 'hello' as const,
      protocol: PROTOCOL_VERSION,
      channel,
      ...known,
      deploy: null,
      entries: entries === undefined ? [] : (JSON.parse(entries) as string[]),
    };
    const url = socketUrl(prefix, registry) + helloToQuery(hello);
    const opened = new WebSocket(url);
    const events: Event[] = [];
    opened.binaryType = 'arraybuffer';
    opened.onopen = opened.onmessage = opened.onclose = (event: Event) => events.push(event);
    ahead.socket = { url, socket: opened, events };
  } catch {
    // The loader tries it in its own way.
  }
}
