import type { LoaderConfig } from '../config.js';
import type { ChannelClient } from '../transport/channel-client.js';
import type { Connection } from '../transport/connection.js';

export interface GreetingOptions {
  readonly config: Pick<LoaderConfig, 'timeout' | 'stall'>;
  readonly connection: Pick<Connection, 'on' | 'state'>;
  readonly channelClient: Pick<ChannelClient, 'on'>;
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, callback: () => void) => void;
}

export interface Greeting {
  /** Whether the server's first message comes within the time that a page waits. */
  readonly inTime: Promise<boolean>;
  /**
   * Whether the channel's head becomes known; false when the socket is not open in time, stalls or closes.
   */
  readonly greeted: Promise<boolean>;
}

/** Waits for the server's greeting. Call it as soon as the connection is started. */
export function awaitGreeting({ config, connection, channelClient, after }: GreetingOptions): Greeting {
  const lost = (resolve: (value: boolean) => void) => {
    connection.on('closed', () => resolve(false));
    if (connection.state === 'closed') resolve(false);
  };
  const inTime = new Promise<boolean>((resolve) => {
    connection.on('message', () => resolve(true));
    lost(resolve);
    after(config.timeout, () => resolve(false));
  });
  const greeted = new Promise<boolean>((resolve) => {
    channelClient.on('head', () => resolve(true));
    lost(resolve);
    after(config.timeout, () => {
      if (connection.state === 'open') after(config.stall, () => resolve(false));
      else resolve(false);
    });
  });
  return { inTime, greeted };
}
