import type { Registry } from '../../registry/index.js';
import { decodeFusion, type Hash, type Path } from '../../schema/index.js';

/** `FUSE=1` lets suites join modules, and wait for that before a page loads. */
export const FUSE = process.env['FUSE'] === '1';

/** With `FUSE=1`, resolves when the newest deploy is joined. Before a page loads. */
export async function fusedIfAsked(registry: Registry): Promise<void> {
  if (FUSE) await registry.fused();
}

/** The hash of what pages get for a module: its own, or with `FUSE=1` that of the run that holds it. */
export async function servedHash({ url }: { url: string }, path: Path, own: Hash): Promise<Hash> {
  const manifest = await fetch(`${url}-/channels/dev/manifest.json`);
  const fusion = manifest.headers.get('Modcast-Fusion');
  if (fusion === null) return own;
  const bytes = await (await fetch(`${url}-/blobs/${fusion}`)).arrayBuffer();
  const { runs } = decodeFusion(new Uint8Array(bytes));
  return runs.find(({ members }) => members.includes(path))?.hash ?? own;
}
