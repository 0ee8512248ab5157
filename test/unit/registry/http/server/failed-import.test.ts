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

/** A server with one answer: none means that there is no such file. `ask` resolves to the status. */
async function siteThatAnswers(response: Response | null = null) {
  const clock = new FakeClock();
  const fail = (error: unknown) => {
    throw error;
  };
  const listener = toListener(() => Promise.resolve(response), fail, clock);
  const server = createServer((message, out) => void listener(message, out));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`http://127.0.0.1:${port}/x.mjs`, { headers, redirect: 'manual' })).status;
  return { clock, ask };
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

it.each(['worker', 'sharedworker', 'script', null])(
  'a missing file is said missing after the other imports of a worker’s module in Firefox: destination %s',
  async (destination) => {
    const { clock, ask } = await siteThatAnswers();
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
  const { clock, ask } = await siteThatAnswers();
  expect(await ask(headers)).toBe(404);
  expect(clock.waiting).toBe(0);
});

const of = (type: string, status = 200) => new Response('{}', { status, headers: { 'Content-Type': type } });

it.each([
  ['text', of('text/plain; charset=utf-8')],
  ['JSON that is imported as JavaScript', of('application/json')],
  ['a style sheet', of('text/css')],
  ['a page', of('text/html')],
  ['bytes without a type', new Response(Buffer.from('x'))],
  ['an error page', of('text/html', 404)],
  ['a failure', of('text/javascript', 500)],
])('what makes an import fail waits in the same way: %s', async (_name, response) => {
  const { clock, ask } = await siteThatAnswers(response);
  const answer = ask(IMPORT);
  await until(() => clock.waiting > 0);
  clock.advance(500);
  expect(await answer).toBe(response.status);
});

it.each([
  ['a module', of('text/javascript; charset=utf-8'), IMPORT],
  ['WebAssembly', of('application/wasm'), IMPORT],
  ['what is still fresh', new Response(null, { status: 304 }), IMPORT],
  ['a redirect', Response.redirect('http://127.0.0.1/y.mjs'), IMPORT],
  ['text that may have been fetched', of('text/plain'), { 'User-Agent': FIREFOX, Referer: IMPORTER }],
])('an answer is sent at once: %s', async (_name, response, headers) => {
  const { clock, ask } = await siteThatAnswers(response);
  expect(await ask(headers)).toBe(response.status);
  expect(clock.waiting).toBe(0);
});
