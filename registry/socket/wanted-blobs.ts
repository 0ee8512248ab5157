import { isModuleType, type Channel, type Hash, type Manifest } from '../../schema/index.js';
import type { HistoryAccess } from '../auth/history-access.js';
import type { SentFusion } from '../content/shipment.js';
import type { Catalog } from '../content/catalog.js';

export interface Wanted {
  readonly hashes: readonly Hash[];
  /** Also what they import. */
  readonly closure: boolean;
}

export interface WantingClient {
  readonly channel: Channel;
  /** The head that it was sent last. */
  readonly manifest: Manifest;
  /** The manifest that it had when it connected. */
  readonly base: Manifest | null;
  /** Whether a pack to it held the blob. */
  readonly hasSent: (hash: Hash) => boolean;
  /** The fusion that it was sent last. */
  readonly fusion?: SentFusion | 'unknown' | null;
}

/** The fusion's own bytes and those of its runs. */
function derivedOf({ fusion }: WantingClient): Set<Hash> {
  if (!fusion || fusion === 'unknown') return new Set();
  return new Set([fusion.hash, ...fusion.fusion.runs.flatMap(({ hash }) => hash ?? [])]);
}

const sizes = new WeakMap<Manifest, ReadonlyMap<Hash, number>>();

/** Bytes of each blob of a manifest. */
export function sizesOf(manifest: Manifest): ReadonlyMap<Hash, number> {
  let found = sizes.get(manifest);
  if (found === undefined) {
    found = new Map([...manifest.modules.values()].map(({ hash, size }) => [hash, size]));
    sizes.set(manifest, found);
  }
  return found;
}

const noModules = new WeakMap<Manifest, ReadonlySet<Hash>>();

/** The blobs of pages and assets, as far as no module has the same bytes. */
function noModulesOf(manifest: Manifest): ReadonlySet<Hash> {
  let found = noModules.get(manifest);
  if (found === undefined) {
    const files = [...manifest.modules.values()];
    const modules = new Set(files.filter(({ type }) => isModuleType(type)).map(({ hash }) => hash));
    found = new Set(files.map(({ hash }) => hash).filter((hash) => !modules.has(hash)));
    noModules.set(manifest, found);
  }
  return found;
}

/**
 * Blobs that answer a `want`, in the order of need, and wanted ones that the client may not read. The socket
 * carries modules only: pages and assets count as the latter.
 */
export async function wantedBlobs(
  { hashes, closure }: Wanted,
  client: WantingClient,
  { catalog, history }: { readonly catalog: Catalog; readonly history: Pick<HistoryAccess, 'visible'> },
): Promise<{ readonly found: Hash[]; readonly hidden: Hash[] }> {
  const order = new Set([...(closure ? await closureOf(hashes, client, catalog) : []), ...hashes]);
  // The deploy that it was sent is in use, and so public.
  const sent = sizesOf(client.manifest);
  const derived = derivedOf(client);
  const others = [...order].filter((hash) => !sent.has(hash) && !derived.has(hash));
  const visible = new Set(others.length === 0 ? [] : await history.visible(client.channel, others));
  const unsent = noModulesOf(client.manifest);
  const isVisible = (hash: Hash) =>
    !unsent.has(hash) && (sent.has(hash) || derived.has(hash) || visible.has(hash));
  return {
    found: [...order].filter(isVisible),
    hidden: [...new Set(hashes)].filter((hash) => !isVisible(hash)),
  };
}

/** What the modules with these hashes import, in the order of need, without blobs that the client has. */
async function closureOf(
  hashes: readonly Hash[],
  { manifest, base, hasSent }: WantingClient,
  catalog: Catalog,
): Promise<Hash[]> {
  const wanted = new Set(hashes);
  const paths = [...manifest.modules].filter(([, module]) => wanted.has(module.hash)).map(([path]) => path);
  const held = new Set(base === null ? [] : await catalog.reach(base, base.entries));
  const reached = await catalog.reach(manifest, paths);
  return reached.filter((hash) => !held.has(hash) && !hasSent(hash));
}
