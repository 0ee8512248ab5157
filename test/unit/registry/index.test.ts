import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../../registry/index.js';
import {
  Client,
  NAVIGATION,
  SITE,
  later,
  open,
  refusedUpgrade,
  serve,
  site,
  status,
  temporary,
  write,
} from './site.js';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

describe('on an existing server', () => {
  async function mounted() {
    const directory = await site(SITE);
    const registry = open({ directory });
    const { middleware } = registry;
    const server = createServer((request, response) => {
      void middleware(request, response, () => response.end(`app ${request.method} ${request.url}`));
    });
    const upgrades: string[] = [];
    server.on('upgrade', (request, socket) => {
      if (request.url !== '/chat') return;
      upgrades.push(request.url);
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nchat');
    });
    registry.attach(server);
    await registry.ready;
    const port = await listening(server);
    return { registry, server, port, upgrades, url: `http://127.0.0.1:${port}` };
  }

  it('it answers its own routes, and leaves other routes alone', async () => {
    const { url } = await mounted();
    const text = async (target: string, init?: RequestInit) => (await fetch(url + target, init)).text();
    expect(await text('/', { headers: NAVIGATION })).toContain('/-/loader.js');
    expect(await text('/')).toBe(SITE['index.html']);
    expect(await text('/lib/leaf.js')).toBe(SITE['lib/leaf.js']);
    expect(JSON.parse(await text('/-/health'))).toMatchObject({ status: 'ok' });
    expect(await text('/api')).toBe('app GET /api');
    expect(await text('/api', { method: 'POST', body: 'x' })).toBe('app POST /api');
    expect(await text('/.well-known/x')).toBe('app GET /.well-known/x');
    expect((await fetch(`${url}/-/nothing`)).status).toBe(404);
  });

  it('it handles its own upgrades, and leaves others alone', async () => {
    const { port, upgrades } = await mounted();
    await new Client(port).message('welcome');
    expect(status(await refusedUpgrade(port, 'Host: localhost', '/chat'))).toBe(101);
    expect(upgrades).toEqual(['/chat']);
    expect(status(await refusedUpgrade(port, 'Host: localhost\r\nOrigin: http://evil.test'))).toBe(403);
  });

  it('closing it closes its sockets and leaves the server running', async () => {
    const { registry, port, server } = await mounted();
    const client = new Client(port);
    await client.message('welcome');
    expect(server.listenerCount('upgrade')).toBe(2);
    await registry.close();
    expect((await client.closed).code).toBe(1001);
    expect(server.listening).toBe(true);
    expect(server.listenerCount('upgrade')).toBe(1);
    expect(status(await refusedUpgrade(port, 'Host: localhost', '/chat'))).toBe(101);
  });
});

describe('a database', () => {
  it('is served by one registry; a second one reports the first, and may use it afterwards', async () => {
    const directory = await site(SITE);
    const database = path.join(await temporary(), 'new/dir/registry.db');
    const first = open({ directory, database });
    await first.ready;
    await expect(open({ directory, database }).ready).rejects.toMatchObject({
      code: 'store-locked',
      message: expect.stringContaining(`process ${process.pid}`) as string,
      found: { pid: process.pid, directory },
    });
    await first.close();
    expect(await open({ directory, database }).ready).toMatchObject({
      created: false,
      deploy: { number: 1 },
    });
  });

  it('outlives its registry: deploys, manifests and blobs', async () => {
    const directory = await site(SITE);
    const first = open({ directory, database: path.join(directory, '.modcast/registry.db') });
    await first.ready;
    await write(directory, { 'main.js': 'export const a = 1;' });
    await first.scan();
    const contents = async (registry: typeof first) => {
      const store = await registry.store();
      const deploys = await store.deploys();
      const manifests = await Promise.all(
        deploys.map(async ({ number }) => [...(await store.manifest(number))!.modules].toSorted()),
      );
      const hashes = [...new Set(manifests.flat().map(([, { hash }]) => hash))].toSorted();
      return { deploys, manifests, blobs: await store.blobs(hashes) };
    };
    const before = await contents(first);
    expect(before.deploys).toHaveLength(2);
    await first.close();
    const second = open({ directory, database: path.join(directory, '.modcast/registry.db') });
    await second.ready;
    expect(await contents(second)).toEqual(before);
  });

  it('of another program is refused and not changed', async () => {
    const directory = await temporary();
    const file = path.join(directory, 'other.db');
    const other = new Database(file);
    other.exec('CREATE TABLE mine (x); INSERT INTO mine VALUES (1)');
    other.close();
    await expect(open({ database: file }).ready).rejects.toMatchObject({ code: 'store-foreign' });
    await writeFile(
      path.join(directory, 'text.db'),
      'no database at all, but long enough to be one'.repeat(40),
    );
    await expect(open({ database: path.join(directory, 'text.db') }).ready).rejects.toMatchObject({
      code: 'store-foreign',
    });
    const again = new Database(file);
    later(() => again.close());
    expect(again.prepare('SELECT x FROM mine').pluck().get()).toBe(1);
  });

  it('of a newer version is refused', async () => {
    const file = path.join(await temporary(), 'registry.db');
    const first = open({ database: file });
    await first.ready;
    await first.close();
    const db = new Database(file);
    db.pragma('user_version = 9999');
    db.close();
    await expect(open({ database: file }).ready).rejects.toMatchObject({ code: 'store-newer' });
  });

  it('that cannot be created is reported with a message', async () => {
    const directory = await site({ file: '' });
    await expect(open({ database: path.join(directory, 'file/registry.db') }).ready).rejects.toMatchObject({
      code: 'store-unavailable',
    });
  });

  it('is unlocked if it could not be opened', async () => {
    const database = path.join(await temporary(), 'registry.db');
    await writeFile(database, 'no database at all, but long enough to be one'.repeat(40));
    await expect(open({ database }).ready).rejects.toMatchObject({ code: 'store-foreign' });
    await rm(database);
    await open({ database }).ready;
  });

  it('is free after a failed start', async () => {
    const database = path.join(await temporary(), 'registry.db');
    await expect(open({ database, directory: path.join(database, 'no') }).ready).rejects.toMatchObject({
      code: 'directory-invalid',
    });
    await open({ database }).ready;
  });

  it('is closed and unlocked when a later step of the start fails', async () => {
    const directory = await site(SITE);
    const database = path.join(await temporary(), 'registry.db');
    // A glob that is too long fails when the directory is about to be read.
    const include = ['x'.repeat(100_000)];
    await expect(open({ directory, database, include }).ready).rejects.toThrow('Input length');
    expect(await open({ directory, database }).ready).toMatchObject({ created: true });
  });
});

describe('options', () => {
  it('are checked before anything else', () => {
    expect(() => createRegistry({ direcotry: '.' } as object)).toThrow('did you mean "directory"?');
    expect(() => createRegistry({ prefix: 'x' })).toThrow('prefix');
  });
});

describe('listening', () => {
  it('on a used port is reported with a message', async () => {
    const { port } = await serve();
    const { registry } = await serve();
    await expect(registry.listen({ port })).rejects.toMatchObject({ code: 'port-in-use', found: port });
  });

  it('says where', async () => {
    const registry = open({ directory: await site(SITE) });
    const { url, host, port } = await registry.listen({ host: '::1' });
    expect([host, url]).toEqual(['::1', `http://[::1]:${port}/`]);
    expect((await fetch(`${url}main.js`)).status).toBe(200);
  });

  it('can be closed more than once, and before it has started', async () => {
    const { registry } = await serve();
    await registry.close();
    await registry.close();
    const never = open({ directory: await site(SITE) });
    await never.close();
  });
});

describe('events', () => {
  it('report problems once, and again when they are fixed', async () => {
    const directory = await site({ 'a.js': 'const = 1;' });
    const registry = open({ directory });
    const told: number[] = [];
    registry.on('problems', (problems) => told.push(problems.length));
    await registry.ready;
    await registry.scan();
    await write(directory, { 'a.js': 'const a = 1;' });
    await registry.scan();
    expect(told).toEqual([1, 0]);
  });

  it('stop after the listener is removed', async () => {
    const directory = await site(SITE);
    const registry = open({ directory });
    const off = registry.on('deploy', () => expect.unreachable());
    off();
    await registry.ready;
  });

  it('report a client’s boot and failure', async () => {
    const { registry, port } = await serve();
    const heard = new Promise((resolve) => {
      registry.on('booted', (booted) => registry.on('failed', (failed) => resolve([booted, failed])));
    });
    const client = new Client(port);
    await client.message('pack');
    client.send({ type: 'booted', deploy: 1, ms: 5, from: 'network', bytes: 10 });
    client.send({ type: 'failed', deploy: 1, stage: 'link', message: 'no' });
    expect(await heard).toMatchObject([
      { deploy: 1, ms: 5, from: 'network' },
      { deploy: 1, stage: 'link', message: 'no' },
    ]);
  });
});

it('messages reach the pages of its channel, and no others', async () => {
  const directory = await site(SITE);
  const registry = open({ directory });
  await registry.ready;
  const store = await registry.store();
  const head = (await store.head('dev'))!;
  const manifest = (await store.manifest(head.number))!;
  await store.commit({ ...head, channel: 'other', manifest, hash: head.manifest, expected: null });
  const { port } = await registry.listen();
  const mine = new Client(port);
  const other = new Client(port, 'protocol=1&channel=other');
  await Promise.all([mine.message('pack'), other.message('pack')]);
  registry.send('t', 1);
  await mine.message('message');
  await registry.close();
  await other.closed;
  expect(other.frames.some((frame) => !(frame instanceof Uint8Array) && frame.type === 'message')).toBe(
    false,
  );
});
