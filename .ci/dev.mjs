// `npm run dev [-- <options of serve>]`: builds and restarts `modcast serve` when a source file changes.
// Ctrl-C ends the server, the watcher and a running build.
import { watch } from 'chokidar';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['schema', 'importmap', 'loader', 'registry', 'cli'];
/** An editor's "save all" arrives as several events. */
const SETTLE_MS = 100;

const given = process.argv.slice(2);
// With options alone, they are for the example.
const site = given[0] === undefined || given[0].startsWith('-') ? ['examples/orrery', ...given] : given;
const say = (text) => console.log(`${pc.dim('dev')} ${text}`);
const start = (command, args) => spawn(command, args, { cwd: ROOT, stdio: 'inherit' });

let server;
let build;
let isBuilding = false;
let isOutdated = false;
let isStopping = false;

async function stopServer() {
  const running = server;
  server = undefined;
  if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
  running.kill('SIGTERM');
  await once(running, 'exit');
}

async function buildOnce() {
  const started = performance.now();
  build = start('npm', ['run', '--silent', 'build']);
  const [code] = await once(build, 'exit');
  if (isStopping) return;
  if (code !== 0) return say(pc.red('build failed, waiting for a change'));
  say(`built in ${Math.round(performance.now() - started)} ms, ${server ? 're' : ''}starting the server`);
  await stopServer();
  if (!isStopping) server = start(process.execPath, ['dist/bin/modcast.js', 'serve', ...site]);
}

/** One build at a time; a change during a build starts another one after it. */
async function rebuild() {
  isOutdated = true;
  if (isBuilding) return;
  isBuilding = true;
  while (isOutdated) {
    isOutdated = false;
    await buildOnce();
  }
  isBuilding = false;
}

let timer;
const watcher = watch(ROOMS, { cwd: ROOT, ignoreInitial: true }).on('all', (event, file) => {
  if (!/\.(ts|mjs|json)$/.test(file)) return;
  say(`${file} ${event === 'unlink' ? 'deleted' : 'changed'}`);
  clearTimeout(timer);
  timer = setTimeout(rebuild, SETTLE_MS);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    isStopping = true;
    clearTimeout(timer);
    build?.kill('SIGTERM');
    await Promise.all([watcher.close(), stopServer()]);
    process.exit(0);
  });
}

await rebuild();
