import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { NAVIGATION } from '../../unit/registry/site.js';

const MAIN = fileURLToPath(new URL('../../../dist/bin/modcast.js', import.meta.url));

let directory: string;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'modcast-cli-'));
  await writeFile(path.join(directory, 'index.html'), '<script type="module" src="./main.mjs"></script>');
  await writeFile(path.join(directory, 'main.mjs'), 'export const main = 1;\n');
});

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  await rm(directory, { recursive: true, force: true });
});

const modcast = (...args: string[]) => modcastIn(process.cwd(), {}, ...args);

function modcastIn(cwd: string, env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let errors = '';
  const lines: string[] = [];
  const waiting: { matches: RegExp; resolve: (match: RegExpExecArray) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    output += `${line}\n`;
    lines.push(line);
    for (const { matches, resolve } of waiting) {
      const match = matches.exec(line);
      if (match !== null) resolve(match);
    }
  });
  child.stderr.on('data', (data) => (errors += String(data)));
  return {
    child,
    /** The first line that matches, printed already or still to come. */
    line: (matches: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const seen = lines.map((line) => matches.exec(line)).find((match) => match !== null);
        if (seen) resolve(seen);
        waiting.push({ matches, resolve });
        child.once('exit', () => reject(new Error(`ended before ${String(matches)}: ${output}${errors}`)));
      }),
    ended: async () => {
      const [code] = (await once(child, 'close')) as [number | null];
      running.delete(child);
      return { code, output, errors: errors.trim() };
    },
  };
}

describe('modcast serve', () => {
  it('prints the modules and the URL, reports deploys and boots, and ends cleanly', async () => {
    const server = modcast('serve', directory, '--port', '0');
    const [summary] = await server.line(/.*module.*/);
    expect(summary).toMatch(/2 files, 71 B: 1 module, 1 page · deploy 1 on dev · .* 2 files read/);
    const [, url] = await server.line(/(http:\/\/127\.0\.0\.1:\d+\/)/);
    expect(await (await fetch(url!, { headers: NAVIGATION })).text()).toContain('/-/fused-loader.js');

    await writeFile(path.join(directory, 'second.mjs'), 'export {};\n');
    expect((await server.line(/.*deploy 2.*/))[0]).toMatch(/deploy 2 · .*1 added · second\.mjs/);

    const socket = new WebSocket(`${url!.replace('http', 'ws')}-/socket?protocol=1&channel=dev`, {
      origin: url!.slice(0, -1),
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'booted', deploy: 2, ms: 340, from: 'network', bytes: 100 }));
    expect((await server.line(/.*boot.*/))[0]).toMatch(/boot +deploy 2 · from network · .* sent · 340 ms/);
    socket.close();

    server.child.kill('SIGTERM');
    expect(await server.ended()).toMatchObject({ code: 0, errors: '' });
  });

  it('serves below a base, and believes a proxy when it is told to', async () => {
    const options = ['--port', '0', '--base', '/app', '--allow-host', 'site.test'];
    const server = modcast('serve', directory, ...options, '--trust-proxy');
    const [, url] = await server.line(/(http:\/\/127\.0\.0\.1:\d+\/app\/)$/);
    const page = await (await fetch(url!, { headers: NAVIGATION })).text();
    expect(page).toContain('src="/app/-/fused-loader.js');
    const ask = async (host: string) =>
      (await fetch(`${url}main.mjs`, { headers: { 'X-Forwarded-Host': host } })).status;
    expect([await ask('site.test'), await ask('other.test')]).toEqual([200, 403]);
  });

  it('reads no unchanged file at its next start', async () => {
    const first = modcast('serve', directory, '--port', '0');
    await first.line(/http:/);
    first.child.kill('SIGTERM');
    await first.ended();
    const second = modcast('serve', directory, '--port', '0');
    expect((await second.line(/.*module.*/))[0]).toMatch(
      /deploy 1 on dev .* no file changed since the last start/,
    );
    await second.line(/http:/);
    await writeFile(path.join(directory, 'main.mjs'), 'export const main = 2;\n');
    expect((await second.line(/.* deploy 2.*/))[0]).toMatch(/ deploy 2 · 1 changed · main\.mjs$/);
  });

  it('says what to do in an empty directory', async () => {
    const empty = path.join(directory, 'empty');
    await mkdir(empty);
    const server = modcast('serve', empty, '--port', '0');
    await server.line(/empty · empty directory/);
    await server.line(/Save an index\.html/);
    await server.line(/http:\/\/127\.0\.0\.1/);
  });

  it('serves what is published with --no-dir, and reports each deploy', async () => {
    const db = path.join(directory, 'x.db');
    const refused = modcast('serve', directory, '--no-dir');
    expect(await refused.ended()).toMatchObject({
      code: 2,
      errors: expect.stringContaining('option-invalid'),
    });
    const server = modcast('serve', '--no-dir', '--db', db, '--channel', 'production', '--port', '0');
    await server.line(/no deploy on production yet/);
    await server.line(new RegExp(`publish <dir> --channel production --db ${db}`));
    const [, url] = await server.line(/^ *(http:\/\/127\.0\.0\.1:\d+\/)$/);
    const published = modcast('publish', directory, '--db', db, '--exclude', 'x.db*', '--author', 'eve');
    expect(await published.ended()).toMatchObject({ code: 0 });
    const head = await fetch(`${url}-/channels/production/manifest.json`);
    expect([head.status, head.headers.get('Modcast-Deploy')]).toEqual([200, '1']);
    expect(await (await fetch(url!, { headers: NAVIGATION })).text()).toContain('/-/fused-loader.js');
    expect(await (await fetch(`${url}main.mjs`)).text()).toBe('export const main = 1;\n');
    const again = [
      '--exclude',
      'x.db*',
      '--exclude',
      'second.mjs',
      '--exclude',
      'index.html',
      '--author',
      'eve',
    ];
    await modcast('publish', directory, '--db', db, ...again).ended();
    await server.line(/deploy 2 on production · published by eve/);
    server.child.kill('SIGTERM');
    expect(await server.ended()).toMatchObject({ code: 0 });
  });

  it('serves from the database that publish wrote to, and names the channels that have deploys', async () => {
    const folder = path.join(directory, 'public');
    await mkdir(folder);
    await modcastIn(directory, {}, 'publish', directory).ended();
    const server = modcastIn(folder, {}, 'serve', '--no-dir', '--port', '0');
    await server.line(/no deploy on dev yet/);
    await server.line(/This database has deploys on production\. To serve them: --channel production/);
    await server.line(/http:/);
    const db = path.join(directory, 'other.db');
    const other = modcastIn(folder, { MODCAST_DB: db }, 'serve', '--no-dir', '--port', '0');
    await other.line(new RegExp(`--db ${db}`));
    await other.line(/http:/);
    other.child.kill('SIGTERM');
    await other.ended();
    const followed = modcastIn(folder, { MODCAST_DB: db }, 'serve', directory, '--port', '0');
    await followed.line(/http:/);
    expect((await modcastIn(folder, { MODCAST_DB: db }, 'deploys').ended()).output).toContain('dev');
  });

  it('serves clean URLs and the 404 page, and says what --single leaves unused or misses', async () => {
    await writeFile(path.join(directory, '404.html'), '<title>nothing</title>');
    await writeFile(path.join(directory, 'about.html'), '<title>about</title>');
    const statuses = async (url: string) => {
      const answers = ['about', 'missing', 'missing.mjs'].map(async (target, i) => {
        const headers = i === 2 ? { Accept: '*/*' } : NAVIGATION;
        const answer = await fetch(url + target, { headers });
        return `${answer.status} ${/<title>(\w+)/.exec(await answer.text())?.[1]}`;
      });
      return Promise.all(answers);
    };
    const urlOf = async (server: ReturnType<typeof modcast>) =>
      (await server.line(/^ *(http:\/\/127\.0\.0\.1:\d+\/)$/))[1]!;
    const db = path.join(directory, 'x.db');
    await modcast('publish', directory, '--db', db, '--author', 'eve').ended();
    const plain = modcast('serve', directory, '--db', `${db}2`, '--port', '0');
    expect(await statuses(await urlOf(plain))).toEqual(['200 about', '404 nothing', '404 undefined']);
    const published = ['--no-dir', '--db', db, '--channel', 'production', '--port', '0'];
    const missing = modcast('serve', ...published, '--spa', 'app.html');
    await missing.line(/No app\.html for --single: .* until you publish it/);
    expect(await statuses(await urlOf(missing))).toEqual(['200 about', '404 nothing', '404 undefined']);
    const single = modcast('serve', directory, '--db', `${db}3`, '--port', '0', '--single');
    await single.line(/404\.html is not used: with --single, paths without a file get index\.html/);
  });

  it('names the process that uses the database already', async () => {
    const first = modcast('serve', directory, '--port', '0');
    await first.line(/http:/);
    const { code, errors } = await modcast('serve', directory, '--port', '0').ended();
    expect(code).toBe(1);
    expect(errors).toContain(`${first.child.pid}`);
    expect(errors).toContain('(store-locked)');
    expect(errors.split('\n')).toHaveLength(1);
  });

  it('reports that a port is in use, and replaces only the default one', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { code, errors } = await modcast('serve', directory, '--port', String(port)).ended();
    const message = `port ${port} is in use; choose another one, or 0 for any free port`;
    expect({ code, errors }).toEqual({ code: 1, errors: `modcast: ${message} (port-in-use)` });
    taken.close();
  });

  it('reports in one line that it cannot listen at an address', async () => {
    const { code, errors } = await modcast('serve', directory, '--host', '192.0.2.1', '--port', '0').ended();
    expect({ code, errors }).toEqual({
      code: 1,
      errors: 'modcast: cannot listen on 192.0.2.1:0: this machine has no such address (listen-failed)',
    });
  });

  it('refuses a database from a newer version', async () => {
    const file = path.join(directory, 'newer.db');
    const server = modcast('serve', directory, '--port', '0', '--db', file);
    await server.line(/http:/);
    server.child.kill('SIGTERM');
    await server.ended();
    const db = new Database(file);
    db.pragma('user_version = 999');
    db.close();
    const { code, errors } = await modcast('serve', directory, '--port', '0', '--db', file).ended();
    expect(code).toBe(1);
    expect(errors).toMatch(/999.*\(store-newer\)$/);
  });

  it.each([
    [['serve', '/does/not/exist'], 1, /no such directory: \/does\/not\/exist \(directory-invalid\)/],
    [['serve', '--prot', '1'], 2, /unknown option '--prot'\n\(Did you mean --port\?\)/],
    [['sreve'], 2, /unknown command 'sreve'\n\(Did you mean serve\?\)/],
    [['serve', '--port', '70000'], 2, /a whole number up to 65535/],
    [['serve', '--boot', 'warm'], 2, /one of fresh, cached/],
    [['serve', '--channel', 'No!'], 2, /expected 1 to 64/],
  ])('%j exits with %i and one clear message', async (args, exit, message) => {
    const { code, errors, output } = await modcast(...args).ended();
    expect({ code, output }).toEqual({ code: exit, output: '' });
    expect(errors).toMatch(message);
    expect(errors).not.toMatch(/^ +at /m);
  });

  it('shows examples in its help', async () => {
    expect((await modcast('--help').ended()).output).toMatch(/Examples:\n +modcast serve/);
    expect((await modcast('serve', '--help').ended()).output).toContain('--allow-origin <origin>');
  });
});
