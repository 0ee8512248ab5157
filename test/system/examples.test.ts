import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { createRegistry } from '../../registry/index.js';
import { chromium } from '../browser/engines/chromium.js';
import type { BrowserPage, OpenBrowser } from '../browser/engines/engine.js';
import { freePort } from '../free-port.js';
import { later, temporary, write } from '../unit/registry/site.js';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples/rendered');

let browser: OpenBrowser;
beforeAll(async () => void (browser = await chromium.launch()));
afterAll(() => browser.close());

/** A copy of the examples' site, which the test may change. */
async function publicFiles(): Promise<string> {
  const directory = await temporary();
  await cp(path.join(EXAMPLES, 'public'), directory, { recursive: true });
  return directory;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

/** Starts an example. @returns the URL that it prints */
async function start(command: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const child = spawn(command, args, {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => (errors += String(data)));
  later(() => end(child));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('http:')) return line;
  }
  throw new Error(`${command} ${args.join(' ')} ended: ${errors}`);
}

async function open(url: string): Promise<BrowserPage> {
  const page = await browser.newPage();
  later(() => page.close());
  await page.goto(url);
  return page;
}

const shows = (page: BrowserPage, text: string) =>
  page.until((expected) => document.querySelector('output')?.textContent === expected, text);

const says = (page: BrowserPage, text: string) =>
  page.until((expected) => document.querySelector('output')?.title === expected, text);

/**
 * The page gets its modules over the socket, and a saved one too.
 *
 * @param reloads whether a worker runs it natively, which cannot take it
 */
async function expectModcast(page: BrowserPage, directory: string, reloads = false): Promise<void> {
  await page.until(() => globalThis.modcast !== undefined);
  const { from } = await page.evaluate(() => modcast!.ready);
  expect(from).toBe('network');
  await shows(page, 'Hello Ada!');
  await says(page, 'Hello Ada! says a worker.');
  await page.evaluate(() => void Object.assign(globalThis, { isFirst: true }));
  await write(directory, { 'lib/greeting.mjs': 'export const greeting = (name) => `Bye ${name}!`;\n' });
  await shows(page, 'Bye Ada!');
  const isFirst = await page.evaluate(() => (globalThis as { isFirst?: true }).isFirst);
  expect(isFirst).toBe(reloads ? undefined : true);
}

describe('a page that another server renders', () => {
  it.each(['express.mjs', 'hono.mjs'])('runs with modcast in %s', async (name) => {
    const directory = await publicFiles();
    const url = await start(process.execPath, [path.join(EXAMPLES, name)], { SITE: directory });
    await expectModcast(await open(url), directory);
  });

  it('runs with modcast in python.py, and natively when no registry runs', async () => {
    const directory = await publicFiles();
    const port = await freePort();
    const registry = createRegistry({
      directory,
      database: ':memory:',
      allowedOrigins: [`http://127.0.0.1:${port}`],
    });
    later(() => registry.close());
    const { url } = await registry.listen();
    const example = [path.join(EXAMPLES, 'python.py'), String(port), url.slice(0, -1)];
    const pageUrl = await start('python3', example, { SITE: directory });
    await expectModcast(await open(pageUrl), directory, true);

    await registry.close();
    const page = await open(pageUrl);
    await shows(page, 'Bye Ada!');
    await says(page, 'Bye Ada! says a worker.');
    expect(await page.evaluate(() => typeof modcast)).toBe('undefined');
  });
});
