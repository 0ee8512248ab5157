import { beforeEach, describe, expect, it } from 'vitest';
import { awaitGreeting } from '../../../../loader/boot/greeting.js';
import { Emitter } from '../../../../loader/events.js';
import type { ChannelClientEvents } from '../../../../loader/transport/channel-client.js';
import { EMPTY_MANIFEST } from '../../../../schema/index.js';
import { FakeClock, FakeConnection, hashOf, settle } from '../fakes.js';

const TIMEOUT = 500;
const STALL = 1500;

let clock: FakeClock;
let connection: FakeConnection;
let channel: Emitter<ChannelClientEvents>;
let inTime: boolean | undefined;
let greeted: boolean | undefined;

beforeEach(() => {
  clock = new FakeClock();
  connection = new FakeConnection();
  channel = new Emitter();
  connection.state = 'connecting';
  inTime = greeted = undefined;
});

function listen(): void {
  const greeting = awaitGreeting({
    config: { timeout: TIMEOUT, stall: STALL },
    connection,
    channelClient: channel,
    after: clock.after,
  });
  void greeting.inTime.then((value) => (inTime = value));
  void greeting.greeted.then((value) => (greeted = value));
}

const welcome = () =>
  connection.emit('message', { type: 'welcome', protocol: 1, deploy: 1, manifest: hashOf('x') });
const head = () =>
  channel.emit('head', { deploy: 1, hash: hashOf('x'), manifest: EMPTY_MANIFEST, fusion: null });

async function advance(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

describe('the first message', () => {
  it('is in time up to the timeout', async () => {
    listen();
    await advance(TIMEOUT - 1);
    expect(inTime).toBeUndefined();
    welcome();
    await settle();
    expect(inTime).toBe(true);
  });

  it('is late after the timeout', async () => {
    listen();
    await advance(TIMEOUT);
    expect(inTime).toBe(false);
  });

  it('is not waited for on a lost connection', async () => {
    listen();
    connection.emit('closed', { opened: false });
    await settle();
    expect([inTime, greeted]).toEqual([false, false]);
  });

  it('is not waited for on a connection that is closed already', async () => {
    connection.state = 'closed';
    listen();
    await settle();
    expect([inTime, greeted]).toEqual([false, false]);
  });
});

describe('the head', () => {
  it('is a greeting', async () => {
    listen();
    head();
    await settle();
    expect(greeted).toBe(true);
  });

  it('is waited for as long as an open socket may stall', async () => {
    listen();
    connection.state = 'open';
    await advance(TIMEOUT);
    await advance(STALL - 1);
    expect(greeted).toBeUndefined();
    head();
    await settle();
    expect(greeted).toBe(true);
  });

  it('is given up when an open socket stalls', async () => {
    listen();
    connection.state = 'open';
    await advance(TIMEOUT);
    await advance(STALL);
    expect(greeted).toBe(false);
  });

  it.each(['connecting', 'waiting'] as const)('is given up when the socket is still %s', async (state) => {
    listen();
    connection.state = state;
    await advance(TIMEOUT);
    expect(greeted).toBe(false);
  });
});
