import type { Io } from '../io.js';

const LOOPBACK = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The token for a registry elsewhere, from the environment; says so where it would travel in the clear. */
export function remoteToken(io: Io, url: string): string | undefined {
  const token = io.env['MODCAST_TOKEN'] || undefined;
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  if (token !== undefined && protocol === 'http:' && !LOOPBACK.test(hostname)) {
    io.error(
      `${io.colours.yellow('unencrypted')} whoever is between here and ${hostname} can read MODCAST_TOKEN: use https\n`,
    );
  }
  return token;
}
