import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { explainListenError, listenOn } from '../../../../../registry/http/server/listen.js';
import { ModcastError } from '../../../../../schema/index.js';

const error = (code: string) => Object.assign(new Error(`listen ${code}`), { code });

describe('a server that cannot listen', () => {
  it.each([
    [
      'EADDRINUSE',
      80,
      '127.0.0.1',
      'port-in-use',
      'port 80 is in use; choose another one, or 0 for any free port',
    ],
    [
      'EADDRNOTAVAIL',
      4321,
      '192.0.2.1',
      'listen-failed',
      'cannot listen on 192.0.2.1:4321: this machine has no such address',
    ],
    [
      'ENOTFOUND',
      4321,
      'x.invalid',
      'listen-failed',
      'cannot listen on x.invalid:4321: the host name cannot be resolved',
    ],
    [
      'EACCES',
      80,
      '127.0.0.1',
      'listen-failed',
      'cannot listen on 127.0.0.1:80: this process may not use ports below 1024; use a higher one',
    ],
    ['EACCES', 8080, '::1', 'listen-failed', 'cannot listen on [::1]:8080: the system does not allow it'],
    ['EMFILE', 1, '127.0.0.1', 'listen-failed', 'cannot listen on 127.0.0.1:1: listen EMFILE'],
  ])('for %s on port %i of %s reports the reason', (code, port, host, expected, message) => {
    expect(explainListenError(error(code), { port, host })).toMatchObject({ code: expected, message });
  });

  it('rejects with a code for an address of another machine', async () => {
    const refused = await listenOn(createServer(), { port: 0, host: '192.0.2.1' }).catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(ModcastError);
    expect(refused).toMatchObject({ code: 'listen-failed' });
  });
});
