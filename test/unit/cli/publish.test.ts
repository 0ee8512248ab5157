import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type Store } from '../../../registry/index.js';
import { createToken } from '../../../registry/auth/tokens.js';
import { later, open, site, temporary, write } from '../registry/site.js';
import { modcast as runModcast } from './program.js';

const PAGE = '<script type="module" src="main.mjs"></script>';
const FILES = { 'index.html': PAGE, 'main.mjs': 'import "./a.mjs";', 'a.mjs': 'export default 1;' };

let directory: string;
let db: string;
let env: Record<string, string>;
beforeEach(async () => {
  directory = await site(FILES);
  db = path.join(await temporary(), 'registry.db');
  env = {};
});

async function modcast(args: string[], { tty = false, now = Date.now() } = {}) {
  const result = await runModcast(directory, args, { env, tty, columns: 120, now: () => now });
  return { ...result, json: () => JSON.parse(result.out) as any };
}

const publish = (...args: string[]) => modcast(['publish', '--db', db, '--author', 'ada', ...args]);

async function inStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore(db);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Another registry on the same database, as if in another process. */
async function served(): Promise<string> {
  const { url } = await open({ database: db, channel: 'production' }).listen();
  return url;
}

const tokenOf = (scope: string, expires: number | null = null): Promise<string> =>
  inStore(async (store) => (await createToken(store, { scope: [scope], expires, note: '', now: 0 })).text);

describe('publish into a database', () => {
  it('makes a deploy, then reports that there is nothing to publish', async () => {
    const first = await publish('-m', 'hello');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toBe(
      'deploy 1 on production · 3 added · 3 blobs sent, 80 B\n  2 modules, 34 B · 1 page, 46 B\n',
    );
    expect(await inStore((store) => store.head('production'))).toMatchObject({
      author: 'ada',
      message: 'hello',
      modules: 3,
    });
    const second = await publish();
    expect([second.code, second.out]).toEqual([
      0,
      'Nothing to publish: deploy 1 on production has this content already.\n',
    ]);
    await write(directory, { 'a.mjs': 'export default 2;' });
    expect((await publish('--json')).json()).toMatchObject({
      state: 'published',
      deploy: { number: 2, changed: 1 },
      sent: 1,
      sentBytes: 17,
    });
  });

  it('finds a relative MODCAST_DB from the current directory, as other commands do', async () => {
    await write(directory, { 'site/b.mjs': 'export {};' });
    env = { MODCAST_DB: 'here.db' };
    expect(await modcast(['publish', 'site'])).toMatchObject({ code: 0, err: '' });
    const exists = (file: string) => existsSync(path.join(directory, file));
    expect([exists('here.db'), exists('site/here.db')]).toEqual([true, false]);
    expect((await modcast(['deploys', '--json'])).json()).toMatchObject({ channel: 'production' });
  });

  it('names the database if it is one of a directory above', async () => {
    await write(directory, { 'sub/main.mjs': 'export {};' });
    expect(await modcast(['publish'])).toMatchObject({ code: 0, err: '' });
    const file = path.join(directory, '.modcast', 'registry.db');
    expect((await modcast(['publish', 'sub'])).err).toBe(`Publishing to ${file}\n`);
    expect((await modcast(['publish', 'sub', '--json'])).err).toBe('');
    expect((await modcast(['publish', 'sub', '--db', file])).err).toBe('');
  });

  it('reports files that do not parse and that no page loads in one line', async () => {
    await write(directory, { 'old.mjs': 'let a = ;' });
    expect(await publish()).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^warning old\.mjs:1:9 .+; published anyway, because no page loads it\n$/),
    });
    await write(directory, { 'b/older.mjs': 'let b = ;', 'c.json': '{' });
    expect((await publish()).err).toBe(
      'warning 3 files that do not parse are published anyway, because no page loads them: ' +
        'b/older.mjs, c.json, old.mjs\n',
    );
  });

  it('takes the whole site, and says what it consists of', async () => {
    await write(directory, {
      'logo.png': Uint8Array.of(1, 2, 3),
      'b.css': 'a {}',
      'node_modules/x.png': 'x',
    });
    const { out, err } = await publish();
    expect([out, err]).toEqual([
      'deploy 1 on production · 5 added · 5 blobs sent, 87 B\n  3 modules, 38 B · 1 page, 46 B · 1 asset, 3 B\n',
      '',
    ]);
    expect((await publish('--json')).json()).toMatchObject({
      state: 'current',
      deploy: { files: 5 },
      contents: {
        modules: { files: 3, bytes: 38 },
        pages: { files: 1, bytes: 46 },
        assets: { files: 1, bytes: 3 },
      },
    });
    expect((await modcast(['show', '1', '--db', db])).out).toContain(
      'files     5 files, 87 B: 3 modules, 1 page, 1 asset\n',
    );
    const only = await publish('--include', '**/*.{html,mjs}', '--include', 'node_modules/**');
    expect(only.out).toMatch(/ 1 added, 2 removed .*\n {2}2 modules, 34 B · 1 page, 46 B · 1 asset, 1 B\n$/);
  });

  it('never takes its database, which has the hashes of tokens', async () => {
    const own = path.join(directory, 'registry.db');
    for (const _ of [1, 2]) {
      const { code, json } = await modcast(['publish', '--db', own, '--json']);
      expect([code, json()]).toEqual([
        0,
        expect.objectContaining({ deploy: expect.objectContaining({ files: 3 }) }),
      ]);
    }
    env = { MODCAST_DB: own };
    expect((await modcast(['publish', '--json'])).json()).toMatchObject({ state: 'current' });
  });

  it('refuses a directory without modules and pages', async () => {
    const photos = await site({ 'a.png': 'x' });
    expect((await publish(photos)).err).toBe(
      `modcast: no modules and no pages in ${photos}. Is this the right directory? --include chooses other files (directory-invalid)\n`,
    );
  });

  it('is compared with the whole directory, but a watched one without its assets', async () => {
    await write(directory, { 'logo.png': Uint8Array.of(0, 1) });
    await publish();
    await write(directory, { 'logo.png': Uint8Array.of(0, 2), 'new.jpg': 'x' });
    const names = async (ref: string) => (await modcast(['diff', ref, '.', '--name-status', '--db', db])).out;
    expect(await names('production')).toBe('M\tlogo.png\nA\tnew.jpg\n');
    const watched = open({ database: db, directory, channel: 'dev' });
    await watched.ready;
    await write(directory, { 'a.mjs': 'export default 3;' });
    expect(await names('dev')).toBe('M\ta.mjs\n');
  });

  it('changes nothing on a dry run', async () => {
    const { code, out } = await publish('--dry-run');
    expect([code, out]).toEqual([
      0,
      'Would publish on production as its first deploy · 3 added · 3 blobs to send, 80 B\n  2 modules, 34 B · 1 page, 46 B\n',
    ]);
    expect(await inStore((store) => store.head('production'))).toBeNull();
  });

  it('refuses a site whose pages cannot start, unless missing imports are allowed', async () => {
    await write(directory, { 'a.mjs': '\n  import "./gone.mjs";' });
    const text = [
      'import a.mjs:2:10 cannot find "./gone.mjs"',
      '         1 |',
      '         2 |   import "./gone.mjs";',
      '           |          ^',
      '',
    ].join('\n');
    const refused = await publish();
    expect([refused.code, refused.err]).toEqual([
      1,
      `${text}modcast: the site has an error at a.mjs:2:10; fix it, or publish with --allow-missing (imports-unresolved)\n`,
    ]);
    expect(await publish('--allow-missing')).toMatchObject({ code: 0, err: text });
    await write(directory, { 'a.mjs': 'export const = 1' });
    const broken = await publish('--allow-missing');
    expect([broken.code, broken.err]).toEqual([
      1,
      expect.stringMatching(
        /^syntax a\.mjs:1:14 .+\n[^]+\nmodcast: the site has an error at a\.mjs:1:14; fix it and publish again \(syntax-invalid\)\n$/,
      ),
    ]);
  });

  it('refuses a bare specifier that no import map maps', async () => {
    await write(directory, { 'a.mjs': 'import "lodash";' });
    const { code, err } = await publish();
    expect([code, err.split('\n')[0], err]).toEqual([
      1,
      'import a.mjs:1:8 no import map says where "lodash" is; the package "lodash" is not installed: run npm install lodash',
      expect.stringContaining('(specifier-unresolved)'),
    ]);
  });

  it('warns about import() of a missing file', async () => {
    await write(directory, { 'a.mjs': 'import("./nada.mjs");' });
    const { code, err } = await publish();
    expect([code, err.split('\n')[0]]).toEqual([0, 'warning a.mjs:1:1 cannot find "./nada.mjs"']);
  });

  it('refuses unless the newest deploy is the expected one', async () => {
    expect((await publish('--expect', '4')).err).toBe(
      'modcast: channel production has no deploy; expected deploy 4 (head-moved)\n',
    );
    expect((await publish('--expect', 'none')).code).toBe(0);
    await write(directory, { 'a.mjs': 'export default 2;' });
    expect((await publish('--expect', 'none')).code).toBe(1);
    expect((await publish('--expect', '1')).code).toBe(0);
  });

  it.each([
    [['--channel', 'No'], 1, 'channel-invalid'],
    [['--expect', 'x'], 2, '--expect'],
    [['--to', 'ftp://x', '--db', 'x.db'], 2, 'option-invalid'],
    [['nowhere'], 1, 'directory-invalid'],
    [['--include', '*.none'], 1, 'directory-invalid'],
  ])('%j exits with %i', async (args, code, named) => {
    const result = await modcast(['publish', ...args]);
    expect([result.code, result.err]).toEqual([code, expect.stringContaining(named)]);
  });
});

describe('publish to a registry', () => {
  it('sends only missing blobs, with a progress bar on a terminal and one line elsewhere', async () => {
    env['MODCAST_TOKEN'] = await tokenOf('publish:production');
    const url = await served();
    const first = await modcast(['publish', '--to', url]);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toBe(
      'sending 3 blobs, 80 B\ndeploy 1 on production · 3 added · 3 blobs sent, 80 B\n  2 modules, 34 B · 1 page, 46 B\n',
    );
    expect((await modcast(['publish', '--to', url])).out).toMatch(/^Nothing to publish/);
    await write(directory, { 'a.mjs': 'export default 2;' });
    const second = await modcast(['publish', '--to', `${url}-/`], { tty: true });
    expect(stripVTControlCharacters(second.err)).toContain(
      'sending ████████████████████████ 1 of 1 blob, 17 B of 17 B',
    );
    expect(second.out).toBe(
      'deploy 2 on production · 1 changed · 1 blob sent, 17 B\n  2 modules, 34 B · 1 page, 46 B\n',
    );
  });

  it.each([
    ['no token', undefined, 'token-required'],
    ['an unknown token', `mc_${'0'.repeat(16)}_${'A'.repeat(43)}`, 'token-invalid'],
    ['a malformed token', 'nonsense', 'token-invalid'],
    ['a token that no header can hold', 'a\nb', 'option-invalid'],
  ])('with %s fails in one line', async (_, token, code) => {
    const url = await served();
    if (token !== undefined) env['MODCAST_TOKEN'] = token;
    const { code: exit, err } = await modcast(['publish', '--to', url]);
    expect(exit).not.toBe(0);
    expect(err).toMatch(new RegExp(`^modcast: .+ \\(${code}\\)\n$`));
  });

  it('with an expired, a revoked or a narrow token fails in one line', async () => {
    const revoked = await tokenOf('publish:production');
    await inStore((store) => store.revokeToken(revoked.split('_')[1]!, 1));
    const url = await served();
    const tokens = {
      'token-expired': await tokenOf('publish:production', 1),
      'token-revoked': revoked,
      'token-narrow': await tokenOf('publish:staging'),
    };
    for (const [code, token] of Object.entries(tokens)) {
      env['MODCAST_TOKEN'] = token;
      const { code: exit, err } = await modcast(['publish', '--to', url]);
      expect([exit, err]).toEqual([1, expect.stringMatching(new RegExp(`^modcast: .+ \\(${code}\\)\n$`))]);
    }
  });

  it('reports that nothing listens at the address', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { code, err } = await modcast(['publish', '--to', `http://127.0.0.1:${port}`]);
    expect([code, err]).toEqual([
      1,
      `modcast: 127.0.0.1:${port}: connection refused (ECONNREFUSED) (server-unreachable)\n`,
    ]);
  });

  it.each([
    [200, { 'Content-Type': 'text/html' }, '<h1>hello</h1>', '200, text/html'],
    [200, { 'Content-Type': 'application/json' }, '{"state":"ok"}', 'did not answer like a modcast registry'],
    [301, { Location: 'https://other.test/' }, '', '301 to https://other.test/'],
    [405, { 'Content-Type': 'text/plain' }, 'no', '405, text/plain'],
    [413, { 'Content-Type': 'text/html' }, '<h1>no</h1>', 'allow requests up to 134217728 bytes'],
  ])('reports that a server is not a registry: %i %j', async (status, headers, body, words) => {
    const server = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(status, headers as Record<string, string>).end(body);
    }).listen(0, '127.0.0.1');
    later(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, err } = await modcast(['publish', '--to', `http://127.0.0.1:${port}`]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^modcast: .+ \(server-foreign\)\n$/)]);
    expect(err).toContain(words);
  });

  it('warns if the token would be sent without encryption', async () => {
    const url = 'http://registry.invalid/';
    expect((await modcast(['publish', '--to', url])).err).not.toContain('unencrypted');
    env['MODCAST_TOKEN'] = await tokenOf('publish:production');
    const { err } = await modcast(['publish', '--to', url]);
    expect(err.split('\n')[0]).toBe(
      'unencrypted anyone on the network path to registry.invalid can read MODCAST_TOKEN. Use https',
    );
    expect((await modcast(['publish', '--to', 'https://registry.invalid/'])).err).not.toContain(
      'unencrypted',
    );
  });

  it('sends only the rest after a broken connection', async () => {
    const large = Array.from({ length: 12 }, (_, i) => [
      `${i}.mjs`,
      `//${randomBytes(750_000).toString('base64')}`,
    ]);
    await write(directory, Object.fromEntries(large) as Record<string, string>);
    env['MODCAST_TOKEN'] = await tokenOf('publish:production');
    const proxy = await cuttingProxy(Number(new URL(await served()).port), 5_000_000);
    const cut = await modcast(['publish', '--to', proxy.url]);
    expect([cut.code, cut.err]).toEqual([
      1,
      expect.stringMatching(/publish again to send the rest.+\(server-unreachable\)\n$/),
    ]);
    proxy.mend();
    const again = (await modcast(['publish', '--to', proxy.url, '--json'])).json();
    expect(again).toMatchObject({ state: 'published', deploy: { number: 1, files: 15 } });
    expect(again.sent).toBeGreaterThan(0);
    expect(again.sent).toBeLessThan(12);
  });
});

/** Forwards connections, and cuts them all after `limit` bytes from the client, until `mend` is called. */
async function cuttingProxy(to: number, limit: number): Promise<{ url: string; mend: () => void }> {
  let left = limit;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [client, upstream].forEach((other) => other.destroy()));
    }
    upstream.pipe(client);
    client.on('data', (data) => {
      left -= data.length;
      if (left > 0) upstream.write(data);
      else client.destroy();
    });
  }).listen(0, '127.0.0.1');
  later(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, mend: () => void (left = Infinity) };
}

describe('rollback and promote', () => {
  const to = (...args: string[]) => modcast([...args, '--db', db, '--author', 'eve']);

  it('make new deploys with old manifests', async () => {
    await publish();
    await write(directory, { 'a.mjs': 'export default 2;', 'b.mjs': '' });
    await publish();
    expect((await to('rollback', 'production~1')).out).toBe(
      'deploy 3 on production · 1 changed, 1 removed · same content as deploy 1\n',
    );
    expect((await to('rollback', '1')).out).toMatch(
      /^Nothing to do: deploy 3 on production has this content already\.\n$/,
    );
    expect((await to('promote', '2', '--to', 'live')).out).toBe(
      'deploy 4 on live · 4 added · same content as deploy 2\n',
    );
    const line = await inStore((store) => store.deploys());
    expect(line.map(({ channel, parent, message }) => [channel, parent, message])).toEqual([
      ['live', null, 'Promote deploy 2 of production'],
      ['production', 2, 'Rollback to deploy 1'],
      ['production', 1, ''],
      ['production', null, ''],
    ]);
    expect(line[1]!.manifest).toBe(line[3]!.manifest);
  });

  it('say what would help where nothing is to do', async () => {
    await publish('-m', 'First light');
    const alone = await to('rollback', 'production');
    expect([alone.code, alone.out, alone.err]).toEqual([
      2,
      '',
      expect.stringMatching(
        /\nmodcast: .+ No earlier deploy of production has another content \(option-invalid\)\n$/,
      ),
    ]);
    await write(directory, { 'a.mjs': 'export default 2;' });
    await publish('-m', 'Second light');
    for (const ref of ['production', 'latest', 'HEAD', 'production~0']) {
      const refused = await to('rollback', ref);
      expect([refused.code, refused.out]).toEqual([2, '']);
      expect(refused.err).toMatch(
        /^ref +deploy.*\nproduction +2 .+ Second light\nproduction~1 +1 .+ First light\nmodcast: deploy 2 is the newest one on production, and its content is there already\. To undo it, run `modcast rollback production~1` \(option-invalid\)\n$/,
      );
    }
    const promoted = await to('promote', 'production', '--to', 'production');
    expect([promoted.code, promoted.err]).toEqual([2, expect.stringContaining('rollback production~1')]);
    const json = await to('rollback', 'production', '--json');
    expect([json.code, JSON.parse(json.err).error]).toEqual([
      2,
      expect.objectContaining({ code: 'option-invalid', expected: 'production~1', found: 'production' }),
    ]);
    expect(await inStore(async (store) => (await store.deploys()).length)).toBe(2);
  });

  it('succeed where the channel has what a number names already', async () => {
    await publish();
    await write(directory, { 'a.mjs': 'export default 2;' });
    await publish();
    const head = await to('rollback', '2');
    expect([head.code, head.err]).toEqual([0, '']);
    expect(head.out).toMatch(
      /^Nothing to do: deploy 2 .+\nref [^]+\nTo undo it, run `modcast rollback production~1`\.\n$/,
    );
    await to('rollback', '1');
    expect((await to('rollback', '3')).out).toContain('production~1');
    await publish('--channel', 'staging');
    await to('promote', 'staging', '--to', 'production');
    expect(await to('promote', 'staging', '--to', 'production')).toMatchObject({
      code: 0,
      out: 'Nothing to do: deploy 5 on production has this content already.\n',
    });
    expect(JSON.parse((await to('rollback', '5', '--json')).out)).toMatchObject({
      state: 'current',
      from: 5,
    });
  });

  it('warn that a deploy of a watched directory has no assets, where the channel had some', async () => {
    await write(directory, { 'logo.png': 'x' });
    await publish();
    const watched = open({ database: db, directory, channel: 'dev' });
    await watched.ready;
    await watched.close();
    const warning =
      'warning deploy 2 has no images and other assets; deploy 1, which it replaces, has 1. To have them, publish the directory with `modcast publish`\n';
    expect(await to('promote', 'dev', '--to', 'production')).toMatchObject({ code: 0, err: warning });
    expect(await to('rollback', '1')).toMatchObject({ code: 0, err: '' });
    expect(await to('promote', 'dev', '--to', 'staging')).toMatchObject({ code: 0, err: '' });
  });

  it('fail for an unknown deploy', async () => {
    await publish();
    expect(await to('rollback', '9')).toMatchObject({
      code: 1,
      err: expect.stringContaining('(ref-unknown)'),
    });
    expect((await to('promote', '1')).code).toBe(2);
    expect((await to('promote', '1', '--to', 'No')).err).toContain('(channel-invalid)');
  });
});

describe('the channel of a new deploy', () => {
  const to = (...args: string[]) => modcast([...args, '--db', db, '--author', 'eve']);

  it('must exist: a rollback lists the channels otherwise', async () => {
    await publish();
    const typo = await to('rollback', '1', '--channel', 'prodution');
    expect(typo.err).toBe(
      'modcast: no channel "prodution"; did you mean production? channels: production (channel-unknown)\n',
    );
    expect(await inStore((store) => store.channels())).toEqual(['production']);
    expect((await to('rollback', '1', '--channel', 'production')).out).toMatch(/^Nothing to do/);
  });

  it('is that of the deploy: a rollback to another one suggests promote', async () => {
    await publish();
    await publish('--channel', 'staging');
    const refused = await to('rollback', '2', '--channel', 'production');
    expect(refused).toMatchObject({
      code: 2,
      err: 'modcast: deploy 2 is on staging. To put it on production, run `modcast promote 2 --to production` (option-invalid)\n',
    });
    expect(await inStore((store) => store.head('production'))).toMatchObject({ number: 1 });
  });

  it('must not follow a directory, which would undo the deploy', async () => {
    await publish('--channel', 'staging');
    await publish('--channel', 'dev');
    await write(directory, { 'a.mjs': 'export default 2;' });
    await publish('--channel', 'dev');
    const registry = open({ directory, database: db, watch: false });
    const { url } = await registry.listen();
    const followed =
      /channel dev follows .* \(process \d+ since .*stop that process first \(channel-followed\)\n$/;
    for (const args of [
      ['rollback', '2'],
      ['promote', 'staging', '--to', 'dev'],
      ['publish', '--channel', 'dev'],
    ]) {
      expect(await to(...args)).toMatchObject({ code: 1, err: expect.stringMatching(followed) });
    }
    const imported = await modcast(['import', '--git', '.', '--db', db]);
    expect(imported).toMatchObject({ code: 1, err: expect.stringMatching(followed) });
    env = { MODCAST_TOKEN: await tokenOf('publish:*') };
    await write(directory, { 'a.mjs': 'export default 3;' });
    const sent = await modcast(['publish', '--channel', 'dev', '--to', url]);
    expect(sent.err).toContain('channel dev follows a directory of this registry’s server');
    expect((await to('promote', 'dev', '--to', 'staging')).code).toBe(0);
    expect((await modcast(['publish', '--channel', 'staging', '--to', url])).code).toBe(0);
    await registry.close();
    expect((await to('rollback', '2')).code).toBe(0);
  });
});

describe('token', () => {
  const token = (...args: string[]) => modcast(['token', ...args, '--db', db], { now: 1_000_000 });

  it('shows the exact time at which a token expires', async () => {
    const { err } = await token('create', '--scope', 'read', '--expires', '1s');
    expect(err).toContain('read · expires 1970-01-01T00:16:41.000Z · ');
    const { err: usual } = await token('create', '--scope', 'read');
    expect(usual).toContain(`expires ${new Date(1_000_000 + 90 * 86_400_000).toISOString()} `);
    expect((await token('list')).out).toContain('1970-01-01T00:16:41.000Z');
    expect((await token('create', '--help')).out.match(/default: 9[^)]*|\d{8,}/g)).toEqual(['default: 90d']);
  });

  it('is created, listed and revoked', async () => {
    const made = await token('create', '--scope', 'publish:production', '--scope', 'read', '--note', 'ci');
    expect(made.out).toMatch(/^mc_[0-9a-f]{16}_[\w-]{43}\n$/);
    const id = made.out.split('_')[1]!;
    const forever = (await token('create', '--scope', 'publish:*', '--expires', 'never', '--json')).json();
    expect(forever).toMatchObject({ scope: ['publish:*'], expires: null });
    const { out } = await token('revoke', made.out.trim());
    expect(out).toBe(`Revoked token ${id}.\n`);
    expect((await token('revoke', forever.id, '--json')).json()).toEqual({
      id: forever.id,
      revoked: new Date(1_000_000).toISOString(),
    });
    const listed = (await token('list', '--json')).json() as { id: string }[];
    expect(listed.find((entry) => entry.id === id)).toMatchObject({
      state: 'revoked',
      scope: ['publish:production', 'read'],
      expires: new Date(1_000_000 + 90 * 86_400_000).toISOString(),
      note: 'ci',
    });
    expect(JSON.stringify(listed)).not.toContain(made.out.trim().slice(20));
    expect((await token('list')).out).toMatch(/revoked +publish:production, read/);
    expect(await token('revoke', 'x')).toMatchObject({
      code: 1,
      err: expect.stringContaining('token-unknown'),
    });
    expect((await token('create', '--scope', 'all')).code).toBe(2);
    expect((await token('create', '--scope', 'read', '--expires', 'soon')).code).toBe(2);
  });
});
