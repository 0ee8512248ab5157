import type { Io } from '../io.js';

const LOOPBACK = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The token for another registry, from MODCAST_TOKEN. Warns if it would be sent without encryption. */
export function remoteToken(io: Io, url: string): string | undefined {
  const token = io.env['MODCAST_TOKEN'] || undefined;
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  if (token !== undefined && protocol === 'http:' && !LOOPBACK.test(hostname)) {
    io.error(
      `${io.colours.yellow('unencrypted')} anyone on the network path to ${hostname} can read MODCAST_TOKEN. Use https\n`,
    );
  }
  return token;
}
