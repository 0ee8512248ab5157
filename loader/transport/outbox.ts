import type { FromClient } from '../../schema/from-client.js';
import type { ChannelClient, Release } from './channel-client.js';
import type { Connection } from './connection.js';

/** A message, or a function that makes it of the channel's head when it is sent. */
export type Draft = FromClient | ((head: Release) => FromClient);

/**
 * Messages for the server, sent in the order of the calls. Those that come before the channel's head is
 * known, or while the connection is down, are kept and sent with the next head. A connection that never opens
 * again drops them.
 */
export class Outbox {
  readonly #connection: Pick<Connection, 'state' | 'send'>;
  readonly #channelClient: Pick<ChannelClient, 'head' | 'on'>;
  readonly #unsent: Draft[] = [];

  constructor(
    connection: Pick<Connection, 'state' | 'send'>,
    channelClient: Pick<ChannelClient, 'head' | 'on'>,
  ) {
    this.#connection = connection;
    this.#channelClient = channelClient;
    channelClient.on('head', () => this.#flush());
  }

  send(draft: Draft): void {
    if (this.#connection.state === 'closed') return;
    this.#unsent.push(draft);
    this.#flush();
  }

  #flush(): void {
    const { head } = this.#channelClient;
    for (let draft; head !== undefined && (draft = this.#unsent[0]) !== undefined; this.#unsent.shift()) {
      if (!this.#connection.send(typeof draft === 'function' ? draft(head) : draft)) return;
    }
  }
}
