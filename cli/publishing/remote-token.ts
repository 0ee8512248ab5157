import { isLoopback } from '../../registry/publish/registry-url.js';
import type { Io } from '../io.js';
import { jsonLine } from '../output/json.js';

/**
 * The token for another registry, from MODCAST_TOKEN, without the line break at the end of a file. Warns if
 * it would be sent without encryption.
 */
export function remoteToken(io: Io, url: string, { json = false }: { json?: boolean }): string | undefined {
  const token = io.env['MODCAST_TOKEN']?.trim() || undefined;
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  if (token !== undefined && protocol === 'http:' && !isLoopback(hostname)) {
    const message = `anyone on the network path to ${hostname} can read MODCAST_TOKEN. Use https`;
    io.error(json ? jsonLine({ warning: { message } }) : `${io.colours.yellow('unencrypted')} ${message}\n`);
  }
  return token;
}
