import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { inflateSync } from 'node:zlib';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import {
  decodeRecords,
  encodeRecords,
  encodeSegment,
  PACK_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  type PackRecord,
} from '../../schema/index.js';

/** What the server sent to the pages, in order. */
export type Frame =
  | { readonly kind: 'text'; readonly message: Record<string, unknown> & { readonly type: string } }
  | { readonly kind: 'segment'; readonly records: readonly PackRecord[] }
  | { readonly kind: 'pack-header' };

/**
 * Passes sockets on to a registry, message by message, so that a test sees each and may change or stop it.
 */
export class FrameRelay {
  readonly frames: Frame[] = [];
  /** The URLs that pages opened. */
  readonly opened: string[] = [];
  /** Changes the blobs of a segment before they reach a page; what it returns goes out uncompressed. */
  tamper: ((records: readonly PackRecord[]) => readonly PackRecord[]) | undefined;
  /**
   * `cut` ends the connection without a goodbye before this frame; `drop` loses the frame; `corrupt` flips a
   * bit. A list is sent in its place, and then nothing any more: not even a close is answered.
   */
  judge: (frame: Frame) => 'pass' | 'cut' | 'drop' | 'corrupt' | readonly (string | Uint8Array)[] = () =>
    'pass';
  /** Takes every message as the server sent it, and sends it when the test wants. */
  pace: ((send: () => void) => void) | undefined;
  /** Bytes, or characters, that pages were sent. */
  sent = 0;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #listeners = new Set<() => void>();
  /** Connections that are open. */
  readonly #fronts = new Set<WebSocket>();
  /** The part of a segment that has come. */
  readonly #parts = new WeakMap<WebSocket, Buffer>();
  /** Connections that answer no more. */
  readonly #mute = new WeakSet<WebSocket>();

  /** @param target of the registry, `ws://127.0.0.1:1234` */
  accept(target: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.opened.push(request.url!);
    this.#wake();
    const { host, origin } = request.headers;
    const back = new WebSocket(target + request.url!, { headers: { host: host!, origin: origin! } });
    back.on('error', () => socket.destroy());
    this.#server.handleUpgrade(request, socket, head, (front) => {
      this.#fronts.add(front);
      const early: { data: RawData; isBinary: boolean }[] = [];
      front.on('error', () => {});
      front.on('message', (data, isBinary) => {
        if (back.readyState === WebSocket.OPEN) back.send(data, { binary: isBinary });
        else early.push({ data, isBinary });
      });
      front.on('close', () => {
        back.close();
        this.#fronts.delete(front);
        this.#wake();
      });
      back.on('open', () => {
        for (const { data, isBinary } of early) back.send(data, { binary: isBinary });
      });
      back.on('message', (data, isBinary) => this.#pass(front, data as Buffer, isBinary));
      back.on('close', () => front.close());
    });
  }

  /** Resolves with the first frame, past or future, that fits. */
  async seen(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      await this.#news();
    }
  }

  /** Resolves when no page is connected any more. */
  async emptied(): Promise<void> {
    while (this.#fronts.size > 0) await this.#news();
  }

  /** Control messages so far, by type. */
  messages(type: string): Record<string, unknown>[] {
    return this.frames.flatMap((frame) =>
      frame.kind === 'text' && frame.message.type === type ? [frame.message] : [],
    );
  }

  /** Blobs sent so far. */
  get blobs(): PackRecord[] {
    return this.frames.flatMap((frame) => (frame.kind === 'segment' ? frame.records : []));
  }

  clear(): void {
    this.frames.length = 0;
    this.opened.length = 0;
    this.sent = 0;
  }

  /** Ends all connections without a goodbye. */
  cut(): void {
    for (const front of this.#fronts) front.terminate();
  }

  close(): void {
    this.#server.close();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#listeners.add(resolve);
    });
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  #send(front: WebSocket, data: string | Uint8Array): void {
    this.sent += data.length;
    front.send(data);
  }

  #pass(front: WebSocket, received: Buffer, isBinary: boolean): void {
    if (this.pace !== undefined) return this.pace(() => front.send(received, { binary: isBinary }));
    let data = received;
    const begun = this.#parts.get(front);
    const isHeader = begun === undefined && data.toString('latin1', 0, 4) === 'MCPK';
    // A pack's header comes together with its first segment: the test judges each.
    if (isBinary && isHeader && data.length > PACK_HEADER_BYTES) {
      this.#pass(front, data.subarray(0, PACK_HEADER_BYTES), true);
      this.#pass(front, data.subarray(PACK_HEADER_BYTES), true);
      return;
    }
    if (isBinary && !isHeader) {
      // A segment may come in several messages.
      data = Buffer.concat([begun ?? Buffer.alloc(0), data]);
      this.#parts.set(front, data);
      if (data.length < SEGMENT_HEADER_BYTES + data.readUInt32BE(SEGMENT_HEADER_BYTES - 4)) return;
      this.#parts.delete(front);
    }
    if (this.#mute.has(front)) return;
    const frame = readFrame(data, isBinary);
    this.frames.push(frame);
    this.#wake();
    const verdict = this.judge(frame);
    if (verdict === 'cut') return front.terminate();
    if (verdict === 'drop') return;
    if (typeof verdict !== 'string') {
      for (const garbage of verdict) this.#send(front, garbage);
      this.#mute.add(front);
      front.pause();
      return;
    }
    if (verdict === 'corrupt') {
      const corrupt = Buffer.from(data);
      corrupt[SEGMENT_HEADER_BYTES + 20]! ^= 0x10;
      this.#send(front, corrupt);
      return;
    }
    if (frame.kind === 'segment' && this.tamper !== undefined) {
      this.#send(front, encodeIdentity(this.tamper(frame.records)));
    } else this.#send(front, isBinary ? data : data.toString('utf8'));
  }
}

function readFrame(data: Buffer, isBinary: boolean): Frame {
  if (!isBinary) return { kind: 'text', message: JSON.parse(data.toString('utf8')) };
  if (data.length === PACK_HEADER_BYTES) return { kind: 'pack-header' };
  // A segment: encoding, blobs, raw length, encoded length, body. See schema/pack.ts.
  const body = data.subarray(SEGMENT_HEADER_BYTES);
  const raw = data[0] === 0 ? body : inflateSync(body);
  return { kind: 'segment', records: decodeRecords(new Uint8Array(raw), data.readUInt32BE(1)) };
}

function encodeIdentity(records: readonly PackRecord[]): Uint8Array {
  const body = encodeRecords(records);
  return encodeSegment({ encoding: 'identity', count: records.length, rawLength: body.length, body });
}
