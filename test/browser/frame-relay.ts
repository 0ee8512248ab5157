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
   * bit.
   */
  judge: (frame: Frame) => 'pass' | 'cut' | 'drop' | 'corrupt' = () => 'pass';
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #listeners = new Set<() => void>();
  /** Connections that are open. */
  readonly #fronts = new Set<WebSocket>();

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

  #pass(front: WebSocket, data: Buffer, isBinary: boolean): void {
    // A pack's header comes together with its first segment: the test judges each.
    if (isBinary && data.length > PACK_HEADER_BYTES && data.toString('latin1', 0, 4) === 'MCPK') {
      this.#pass(front, data.subarray(0, PACK_HEADER_BYTES), true);
      this.#pass(front, data.subarray(PACK_HEADER_BYTES), true);
      return;
    }
    const frame = readFrame(data, isBinary);
    this.frames.push(frame);
    this.#wake();
    const verdict = this.judge(frame);
    if (verdict === 'cut') return front.terminate();
    if (verdict === 'drop') return;
    if (verdict === 'corrupt') {
      const corrupt = Buffer.from(data);
      corrupt[SEGMENT_HEADER_BYTES + 20]! ^= 0x10;
      front.send(corrupt, { binary: isBinary });
      return;
    }
    if (frame.kind === 'segment' && this.tamper !== undefined) {
      front.send(encodeIdentity(this.tamper(frame.records)));
    } else front.send(data, { binary: isBinary });
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
