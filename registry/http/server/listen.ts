import { isIP } from 'node:net';
import type { Server } from 'node:http';
import { ModcastError } from '../../../schema/index.js';

/** On most systems, ports below this one need special rights. */
const FIRST_FREE_PORT = 1024;

function reason(error: NodeJS.ErrnoException, port: number): string {
  switch (error.code) {
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name cannot be resolved';
    case 'EACCES':
      return port < FIRST_FREE_PORT
        ? `this process may not use ports below ${FIRST_FREE_PORT}; use a higher one`
        : 'the system does not allow it';
    default:
      return error.message;
  }
}

/** The error of a server that cannot listen. */
export function explainListenError(
  error: NodeJS.ErrnoException,
  { port, host }: { port: number; host: string },
): ModcastError {
  if (error.code === 'EADDRINUSE') {
    return new ModcastError(
      'port-in-use',
      `port ${port} is in use; choose another one, or 0 for any free port`,
      {
        expected: 'a free port',
        found: port,
      },
    );
  }
  const place = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return new ModcastError('listen-failed', `cannot listen on ${place}: ${reason(error, port)}`, {
    expected: 'an address of this machine and a port that may be used',
    found: place,
    cause: error,
  });
}

/** @throws ModcastError `port-in-use`, `listen-failed` */
export async function listenOn(server: Server, place: { port: number; host: string }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(explainListenError(error, place));
    server.once('error', fail);
    server.listen(place.port, place.host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
