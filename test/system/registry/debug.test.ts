import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { site } from '../../unit/registry/site.js';

const run = promisify(execFile);
const REGISTRY = fileURLToPath(new URL('../../../dist/registry/index.js', import.meta.url));

/** Serves a site, requests its page, and stops. */
const SCRIPT = `
  const { createRegistry } = await import(${JSON.stringify(REGISTRY)});
  const registry = createRegistry({ directory: process.argv[1], database: ':memory:', watch: false });
  const { url } = await registry.listen();
  await (await fetch(url)).text();
  await registry.close();
`;

async function logged(debug: string): Promise<string> {
  const directory = await site({ 'index.html': '<title>x</title>', 'a.js': '1' });
  const env = { ...process.env, DEBUG: debug };
  const { stderr } = await run(process.execPath, ['--input-type=module', '-e', SCRIPT, directory], { env });
  return stderr;
}

it('DEBUG=modcast:* logs what the server does', async () => {
  const log = await logged('modcast:*');
  expect(log).toMatch(/modcast:store :memory: opened/);
  expect(log).toMatch(/modcast:ingest scan of 2 files: 2 read, \d+ ms, deploy 1/);
  expect(log).toMatch(/modcast:http GET \/: 200, \d+ ms/);
});

it('DEBUG with one namespace logs nothing else', async () => {
  const log = await logged('modcast:http');
  expect(log).toMatch(/modcast:http GET/);
  expect(log).not.toMatch(/modcast:(?:store|ingest)/);
});

it('without DEBUG the server logs nothing', async () => {
  expect(await logged('')).toBe('');
});
