import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Client, nextEvent, open, site } from '../../../unit/registry/site.js';

const MAIN = path.resolve(import.meta.dirname, '../../../../dist/bin/modcast.js');

async function publish(directory: string, database: string): Promise<void> {
  const args = [MAIN, 'publish', directory, '--db', database, '--channel', 'production', '--author', 'eve'];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
}

it('a publish by another process reaches the clients of a server', async () => {
  const one = await site({
    'index.html': '<script type="module" src="a.mjs"></script>',
    'a.mjs': 'export {};',
  });
  const two = await site({
    'index.html': '<script type="module" src="a.mjs"></script>',
    'a.mjs': 'export default 2;',
  });
  const database = path.join(await site({}), 'registry.db');
  await publish(one, database);
  const registry = open({ database, channel: 'production' });
  const { port, url } = await registry.listen();
  const client = new Client(port, 'protocol=1&channel=production');
  expect(await client.message('welcome')).toMatchObject({ deploy: 1 });
  const told = nextEvent<unknown>((listener) => registry.on('published', listener));
  await publish(two, database);
  const update = await client.message('update');
  expect(update).toMatchObject({ deploy: 2, set: [['a.mjs', expect.any(String), 17, 'text/javascript']] });
  expect(await told).toMatchObject({ number: 2, channel: 'production', author: 'eve' });
  const manifest = await fetch(`${url}-/channels/production/manifest.json`);
  expect(manifest.headers.get('Modcast-Deploy')).toBe('2');
});
