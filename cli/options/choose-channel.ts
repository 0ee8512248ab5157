import { closestName } from '../../registry/closest.js';
import { NAME_MISTAKES } from '../../registry/history/index.js';
import type { Store } from '../../registry/index.js';
import { ModcastError, type Channel } from '../../schema/index.js';

export const NO_DEPLOYS = 'No deploys yet. Make the first one with `modcast serve` or `modcast publish`.';

/**
 * The channel that a command uses: `asked`, else `production`, else the channel of the newest deploy. Null if
 * there are no deploys.
 * @throws ModcastError `channel-unknown`
 */
export async function chooseChannel(store: Store, asked: string | undefined): Promise<Channel | null> {
  const channels = await store.channels();
  if (asked === undefined) {
    if (channels.includes('production')) return 'production';
    return (await store.deploys({ limit: 1 }))[0]?.channel ?? null;
  }
  if (channels.includes(asked)) return asked;
  const near = closestName(asked, channels, Math.min(NAME_MISTAKES, asked.length - 1));
  const existing = channels.length === 0 ? 'there are no channels yet' : `channels: ${channels.join(', ')}`;
  const advice = near === undefined ? existing : `did you mean ${near}? ${existing}`;
  throw new ModcastError('channel-unknown', `no channel ${JSON.stringify(asked)}; ${advice}`, {
    expected: channels,
    found: asked,
  });
}
