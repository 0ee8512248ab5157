import { ModcastError, PROTOCOL_VERSION, type Hello } from '../../schema/index.js';
import type { Catalog, Head } from '../content/catalog.js';

/**
 * The head of the channel that a client asks for.
 *
 * @throws ModcastError `protocol-version`, `channel-unknown`
 */
export async function headFor({ protocol, channel }: Hello, catalog: Pick<Catalog, 'head'>): Promise<Head> {
  if (protocol !== PROTOCOL_VERSION) {
    throw new ModcastError('protocol-version', `this server speaks protocol ${PROTOCOL_VERSION}`, {
      expected: PROTOCOL_VERSION,
      found: protocol,
    });
  }
  const head = await catalog.head(channel);
  if (head !== null) return head;
  throw new ModcastError('channel-unknown', `no deploy on channel ${channel}`, {
    expected: 'a channel with a deploy',
    found: channel,
  });
}
