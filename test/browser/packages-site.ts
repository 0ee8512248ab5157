import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRegistry, type Registry } from '../../registry/index.js';
import { later, site, type Files } from '../unit/registry/site.js';

/** Where the packages of this repository are. */
export const REPOSITORY = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** A page whose inline module script has this source. */
export const pageOf = (source: string, head = ''): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>x</title>${head}</head><body><main></main>
<script type="module">${source}</script></body></html>`;

/** A site with packages of this repository. */
export async function siteWith(names: readonly string[], files: Files): Promise<string> {
  const directory = await site(files);
  await mkdir(path.join(directory, 'node_modules'), { recursive: true });
  for (const name of names)
    await symlink(path.join(REPOSITORY, name), path.join(directory, 'node_modules', name));
  return directory;
}

/**
 * Serves a directory until the test ends.
 * @param isBlocked which requests the server answers with 404
 */
export async function serveDirectory(
  directory: string,
  { isBlocked, ...options }: { isBlocked?: (target: string) => boolean; channel?: string } = {},
): Promise<string> {
  const registry: Registry = createRegistry({
    directory,
    database: ':memory:',
    watch: false,
    timeout: 25_000,
    ...options,
  });
  later(() => registry.close());
  await registry.ready;
  const server = createServer((request, response) => {
    if (isBlocked?.(request.url!) === true) response.writeHead(404).end();
    else void registry.middleware(request, response);
  });
  registry.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
