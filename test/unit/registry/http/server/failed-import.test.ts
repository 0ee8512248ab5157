import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { deployUrl } from '../../../../../importmap/index.js';
import { blake3 } from '../../../../../registry/hash.js';
import { toListener } from '../../../../../registry/http/server/node.js';
import { FakeClock } from '../../fake-clock.js';
import { later } from '../../site.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
const IMPORTER = deployUrl('http://127.0.0.1/w.mjs', blake3(Buffer.from('a manifest')));
const IMPORT = { 'User-Agent': FIREFOX, Referer: IMPORTER, 'Sec-Fetch-Dest': 'worker' };

/** A server without files. `ask` resolves to the status. */
async function emptySite() {
  const clock = new FakeClock();
  const fail = (error: unknown) => {
    throw error;
  };
  const listener = toListener(() => Promise.resolve(null), fail, clock);
  const server = createServer((message, out) => void listener(message, out));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`http://127.0.0.1:${port}/nowhere.mjs`, { headers })).status;
  return { clock, ask };
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

it.each(['worker', 'sharedworker', 'script', null])(
  'a missing file is said missing after the other imports of a worker’s module in Firefox: destination %s',
  async (destination) => {
    const { clock, ask } = await emptySite();
    const { 'Sec-Fetch-Dest': _, ...insecure } = IMPORT;
    let status: number | undefined;
    void ask(destination === null ? insecure : { ...IMPORT, 'Sec-Fetch-Dest': destination }).then(
      (answered) => (status = answered),
    );
    await until(() => clock.waiting === 1);
    clock.advance(499);
    expect(clock.waiting).toBe(1);
    clock.advance(1);
    await until(() => status !== undefined);
    expect(status).toBe(404);
  },
);

it.each([
  ['another browser', { ...IMPORT, 'User-Agent': 'Mozilla/5.0 Chrome/156.0.0.0 Safari/537.36' }],
  ['a page', { ...IMPORT, Referer: 'http://127.0.0.1/' }],
  ['nobody', { 'User-Agent': FIREFOX }],
  ['fetch in a worker', { ...IMPORT, 'Sec-Fetch-Dest': 'empty' }],
])('a missing file is said missing at once to %s', async (_name, headers) => {
  const { clock, ask } = await emptySite();
  expect(await ask(headers)).toBe(404);
  expect(clock.waiting).toBe(0);
});
