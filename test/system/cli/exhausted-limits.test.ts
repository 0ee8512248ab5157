import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../dist/bin/modcast.js', import.meta.url));

/** Where user namespaces are not available: the same limit, in the process itself. */
const LIMIT_IN_NODE = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { watch } = fs;
let watches = 0;
fs.watch = (file, ...rest) => {
  if (watches++ < 10) return watch(file, ...rest);
  throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'watch', path: file });
};
syncBuiltinESMExports();`;

let directory: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'modcast-limits-'));
  const script = '<!doctype html><meta charset=utf-8><title>t</title><body><script type=module src=main.mjs>';
  await writeFile(path.join(directory, 'index.html'), `${script}</script>`);
  await writeFile(path.join(directory, 'main.mjs'), '1;\n');
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Starts a program. `line` resolves with the next line that matches, printed already or still to come. */
function start(program: string, args: readonly string[]) {
  const running = spawn(program, args, {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = running;
  const lines: string[] = [];
  let wake = () => {};
  const see = (line: string) => {
    lines.push(line);
    wake();
  };
  createInterface({ input: running.stdout }).on('line', see);
  createInterface({ input: running.stderr }).on('line', see);
  running.once('exit', () => see('ended'));
  return {
    lines,
    async line(matches: RegExp): Promise<string> {
      for (;;) {
        const found = lines.find((line) => matches.test(line));
        if (found !== undefined) return found;
        if (lines.includes('ended')) throw new Error(`ended before ${matches}: ${lines.join('\n')}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function hasUserNamespaces(): boolean {
  try {
    const command = 'echo 10 > /proc/sys/user/max_inotify_watches';
    execFileSync('unshare', ['-Ur', 'sh', '-c', command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const save = (name: string, text: string) => writeFile(path.join(directory, name), text);

it('watch-limit: says so in one line, and finds every save', async () => {
  for (let i = 0; i < 30; i++) {
    await mkdir(path.join(directory, `d${i}`));
    await save(`d${i}/m.mjs`, 'old;\n');
  }
  const serve = [MAIN, 'serve', directory, '--port', '0'];
  const limited = 'echo 10 > /proc/sys/user/max_inotify_watches; exec "$@"';
  const patched = ['--import', `data:text/javascript,${encodeURIComponent(LIMIT_IN_NODE)}`];
  const { line, lines } = hasUserNamespaces()
    ? start('unshare', ['-Ur', 'sh', '-c', limited, 'sh', process.execPath, ...serve])
    : start(process.execPath, [...patched, ...serve]);
  await line(/http:/);
  const told = await line(/watch-limited/);
  expect(told).toMatch(/\d+ directories are not watched.*fs\.inotify\.max_user_watches.*polling.*--poll/);
  for (const i of [0, 15, 29]) {
    await save(`d${i}/m.mjs`, 'saved;\n');
    await line(new RegExp(`deploy .*1 changed · d${i}/m\\.mjs`));
  }
  expect(lines.filter((text) => /ENOSPC|watch-limited/.test(text))).toHaveLength(1);
});

it('emfile-removes-saved-files: files that are saved while too many are open are read later', async () => {
  const names = Array.from({ length: 5 }, (_, i) => `m${i}.mjs`);
  for (const name of names) await save(name, 'old;\n');
  const serve = [process.execPath, MAIN, 'serve', directory, '--port', '0'];
  const { line, lines } = start('sh', ['-c', 'ulimit -n 200; exec "$@"', 'sh', ...serve]);
  const port = Number(/:(\d+)\//.exec(await line(/http:/))![1]);
  const sockets: Socket[] = [];
  const closed: Promise<unknown>[] = [];
  // Until the server has no descriptor left, and more: those wait in the queue of the system.
  for (let i = 0; i < 300; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    closed.push(once(socket, 'close'));
  }
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const name of names) await save(name, 'saved;\n');
  await line(/too many files are open|EMFILE|unable to open/);
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  await line(/m4\.mjs/);
  const saved = () =>
    new Set(
      lines
        .join('\n')
        .match(/deploy .*/g)
        ?.flatMap((text) => text.match(/m\d\.mjs/g) ?? []),
    );
  for (const name of names) await line(new RegExp(`deploy .*${name}`));
  expect([...saved()].toSorted()).toEqual(names);
  expect(lines.filter((text) => /removed/.test(text))).toEqual([]);
});
