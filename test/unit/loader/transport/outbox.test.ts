import { beforeEach, expect, it } from 'vitest';
import { Emitter } from '../../../../loader/events.js';
import type { ChannelClientEvents, Release } from '../../../../loader/transport/channel-client.js';
import { Outbox } from '../../../../loader/transport/outbox.js';
import { EMPTY_MANIFEST, type FromClient } from '../../../../schema/index.js';

class FakeChannel extends Emitter<ChannelClientEvents> {
  head: Release | undefined;

  greet(deploy: number): void {
    this.head = { deploy, hash: 'a'.repeat(64), manifest: EMPTY_MANIFEST, fusion: null };
    this.emit('head', this.head);
  }
}

class FakeConnection {
  state: 'connecting' | 'open' | 'waiting' | 'closed' = 'open';
  readonly sent: FromClient[] = [];

  send(message: FromClient): boolean {
    if (this.state === 'open') this.sent.push(message);
    return this.state === 'open';
  }
}

const message = (topic: string): FromClient => ({ type: 'message', topic, data: null });

let channel: FakeChannel;
let connection: FakeConnection;
let outbox: Outbox;

beforeEach(() => {
  channel = new FakeChannel();
  connection = new FakeConnection();
  outbox = new Outbox(connection, channel);
});

it('sends at once when the head is known', () => {
  channel.greet(1);
  outbox.send(message('a'));
  expect(connection.sent).toEqual([message('a')]);
});

it('keeps messages until the head is known, in order', () => {
  outbox.send(message('a'));
  outbox.send(message('b'));
  expect(connection.sent).toEqual([]);
  channel.greet(1);
  expect(connection.sent).toEqual([message('a'), message('b')]);
});

it('sends each message once', () => {
  outbox.send(message('a'));
  channel.greet(1);
  channel.greet(2);
  expect(connection.sent).toEqual([message('a')]);
});

it('keeps what cannot be sent while the connection is down', () => {
  channel.greet(1);
  connection.state = 'waiting';
  outbox.send(message('a'));
  outbox.send(message('b'));
  channel.greet(2);
  expect(connection.sent).toEqual([]);
  connection.state = 'open';
  channel.greet(3);
  expect(connection.sent).toEqual([message('a'), message('b')]);
});

it('sends unsent messages before a later one', () => {
  channel.greet(1);
  connection.state = 'waiting';
  outbox.send(message('a'));
  connection.state = 'open';
  outbox.send(message('b'));
  expect(connection.sent).toEqual([message('a'), message('b')]);
});

it('makes a message of the head that is known when it is sent', () => {
  outbox.send((head) => ({ type: 'failed', deploy: head.deploy, stage: 'module', message: '' }));
  channel.greet(7);
  expect(connection.sent).toEqual([{ type: 'failed', deploy: 7, stage: 'module', message: '' }]);
});

it('drops messages when the connection will not open again', () => {
  connection.state = 'closed';
  outbox.send(message('a'));
  connection.state = 'open';
  channel.greet(1);
  expect(connection.sent).toEqual([]);
});
