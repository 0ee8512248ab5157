import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'vite';
import { createRegistry } from '../../../registry/index.js';
import { FUSE, fusedIfAsked } from '../fused-mode.js';

/** A dev server for a directory: modcast or Vite. */
export interface Served {
  readonly url: string;
  /** Sends a custom event to the pages. */
  send(event: string, data: unknown): void;
  /** Listens for a custom event from the pages. */
  onMessage(event: string, listener: (data: unknown) => void): void;
  close(): Promise<void>;
}

export type Serve = (directory: string) => Promise<Served>;

export const serveVite: Serve = async (root) => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'modcast-vite-'));
  const server = await createServer({
    root,
    cacheDir,
    configFile: false,
    appType: 'mpa',
    logLevel: 'silent',
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { host: '127.0.0.1', port: 0, hmr: { overlay: false } },
  });
  await server.listen();
  return {
    url: server.resolvedUrls!.local[0]!,
    send: (event, data) => server.ws.send(event, data),
    onMessage: (event, listener) => server.ws.on(event, listener),
    async close() {
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
};

export const serveModcast: Serve = async (directory) => {
  const options = { database: ':memory:', watch: true, timeout: 25_000, fuse: FUSE };
  const registry = createRegistry({ directory, ...options });
  const { port } = await registry.listen();
  await fusedIfAsked(registry);
  return {
    url: `http://127.0.0.1:${port}/`,
    send: (event, data) => {
      registry.send(event, data);
    },
    onMessage: (event, listener) => {
      registry.on('message', (topic, data) => {
        if (topic === event) listener(data);
      });
    },
    close: () => registry.close(),
  };
};
