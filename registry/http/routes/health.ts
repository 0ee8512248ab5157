import { PROTOCOL_VERSION, type RegistryId } from '../../../schema/index.js';
import type { Store } from '../../store/store.js';

/** The answer to a health check: the channels with their heads, and the number of clients. */
export async function health(store: Store, registry: RegistryId, clients: number): Promise<unknown> {
  const channels = await Promise.all(
    (await store.channels()).map(async (name) => {
      const head = await store.head(name);
      return {
        name,
        deploy: head?.number,
        manifest: head?.manifest,
        files: head?.modules,
        bytes: head?.bytes,
      };
    }),
  );
  return { status: 'ok', registry, protocol: PROTOCOL_VERSION, clients, channels };
}
