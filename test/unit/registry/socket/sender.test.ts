import { beforeEach, describe, expect, it } from 'vitest';
import { Sender } from '../../../../registry/socket/sender.js';
import { FakeClock } from '../fake-clock.js';
import { FakeTransport } from './fake-transport.js';

const FRAME = 32 * 1024;
const LIMITS = { socketHighWater: FRAME, socketQueueBytes: 100, socketStallMs: 1000 };

let transport: FakeTransport;
let clock: FakeClock;
let sender: Sender;

beforeEach(() => {
  transport = new FakeTransport();
  clock = new FakeClock();
  sender = new Sender({ transport, clock, limits: LIMITS });
});

/** Runs all pending promise reactions. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Starts to stream so many frames, and tells whether that has finished. */
function streaming(frames: number) {
  const state = { finished: false, done: Promise.resolve() };
  state.done = sender.stream(new Uint8Array(frames * FRAME)).then(() => void (state.finished = true));
  return state;
}

describe('stream', () => {
  it('cuts data into frames of 32 KiB and keeps every byte', async () => {
    const data = Uint8Array.from({ length: 2 * FRAME + 10 }, (_, i) => i % 251);
    await sender.stream(data);
    expect(transport.frames.map(({ length }) => length)).toEqual([FRAME, FRAME, 10]);
    expect(Buffer.concat(transport.frames).equals(data)).toBe(true);
    expect(sender.sentBytes).toBe(data.length);
  });

  it('sends nothing for no bytes', async () => {
    await sender.stream(new Uint8Array(0));
    expect(transport.sent).toEqual([]);
  });

  it('does not wait while the unsent bytes are within the high-water mark', async () => {
    transport.reading = false;
    await sender.stream(new Uint8Array(FRAME));
    expect(clock.waiting).toBe(0);
  });

  it('waits above the high-water mark until the client has read enough', async () => {
    transport.reading = false;
    const stream = streaming(3);
    await settle();
    expect([transport.frames.length, stream.finished]).toEqual([2, false]);
    transport.read(1);
    await settle();
    expect([transport.frames.length, stream.finished]).toEqual([3, false]);
    transport.read(1);
    await stream.done;
    expect([clock.waiting, transport.closes]).toEqual([0, []]);
  });

  it('disconnects a client that reads nothing for the stall time', async () => {
    transport.reading = false;
    const stream = streaming(3);
    await settle();
    clock.advance(LIMITS.socketStallMs - 1);
    expect(transport.closes).toEqual([]);
    clock.advance(1);
    expect(transport.closes).toEqual([[1013, 'slow-client']]);
    expect(sender.isOpen).toBe(false);
    transport.read();
    await stream.done;
    expect(transport.frames).toHaveLength(2);
  });

  it('starts the stall time again with each piece that the client reads', async () => {
    transport.reading = false;
    const stream = streaming(5);
    while (!stream.finished) {
      await settle();
      clock.advance(LIMITS.socketStallMs - 1);
      transport.read(1);
      await settle();
    }
    expect(transport.frames).toHaveLength(5);
    expect(transport.closes).toEqual([]);
  });

  it('ends when the connection breaks', async () => {
    transport.break();
    await sender.stream(new Uint8Array(3 * FRAME));
    expect([sender.isOpen, transport.sent, transport.closes]).toEqual([false, [], []]);
  });
});

describe('send', () => {
  it('counts the bytes of messages', () => {
    sender.send('four');
    sender.send('4');
    expect([transport.sent, sender.sentBytes]).toEqual([['four', '4'], 5]);
  });

  it('does not disconnect a client at the limit of unsent bytes, but does above it', () => {
    transport.reading = false;
    sender.send('x'.repeat(LIMITS.socketQueueBytes));
    sender.send('y');
    expect(transport.closes).toEqual([]);
    sender.send('z');
    expect(transport.closes).toEqual([[1013, 'slow-client']]);
    expect(transport.sent).toHaveLength(2);
  });

  it('does not count what the client has read', async () => {
    for (let i = 0; i < 20; i++) {
      sender.send('x'.repeat(LIMITS.socketQueueBytes));
      await settle();
    }
    expect([transport.sent.length, transport.closes]).toEqual([20, []]);
  });
});

describe('close', () => {
  it('closes the connection once, and nothing is sent after it', async () => {
    sender.close(1008, 'no');
    sender.close(1011, 'again');
    sender.send('x');
    await sender.stream(new Uint8Array(1));
    expect([transport.closes, transport.sent]).toEqual([[[1008, 'no']], []]);
  });

  it('does nothing when the connection is already gone', () => {
    sender.disconnected();
    sender.close(1008, 'no');
    sender.send('x');
    expect([transport.closes, transport.sent]).toEqual([[], []]);
  });
});
