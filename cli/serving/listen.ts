import type { Registry } from '../../registry/index.js';
import { ModcastError } from '../../schema/index.js';

export const DEFAULT_PORT = 4321;

/** How many ports to try after the default one if it is in use. No port from --port is replaced. */
const PORTS_TRIED = 20;

/** @throws ModcastError `port-in-use`, `listen-failed` */
export async function listen(
  registry: Registry,
  options: { readonly port?: number; readonly host: string },
): Promise<{ url: string }> {
  if (options.port !== undefined) return registry.listen({ port: options.port, host: options.host });
  for (let port = DEFAULT_PORT; ; port++) {
    try {
      return await registry.listen({ port, host: options.host });
    } catch (error) {
      const taken = error instanceof ModcastError && error.code === 'port-in-use';
      if (!taken || port === DEFAULT_PORT + PORTS_TRIED) throw error;
    }
  }
}
