import type { Hash, Hasher } from '../../schema/hash.js';
import { manifestBytes, manifestFromJson, type Manifest } from '../../schema/manifest.js';
import { PackDecoder, type PackRecord } from '../../schema/pack.js';
import type { LoaderConfig } from '../config.js';
import type { Release } from './channel-client.js';
import { readSegment } from './segment.js';

export interface FetchOptions {
  readonly config: LoaderConfig;
  readonly hasher: Hasher;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * The number of the channel's head, from a host that does not send modcast's header; 0 when it is not known.
 */
async function headNumber({ config, fetch }: FetchOptions, hash: Hash): Promise<number> {
  const response = await fetch(`${config.prefix}channels/${config.channel}/head.json`);
  const head = response.ok
    ? ((await response.json()) as { deploy?: unknown; manifest?: unknown } | null)
    : null;
  // A deploy may have come between the two requests.
  return head?.manifest === hash && Number.isSafeInteger(head.deploy) ? (head.deploy as number) : 0;
}

/**
 * Fetches the page's deploy, or the channel's head, over plain HTTP. Null when that fails. The manifest is
 * hashed here: a host of plain files has an ETag of its own, or none.
 */
export async function fetchRelease(options: FetchOptions): Promise<Release | null> {
  const { config, hasher, fetch } = options;
  const place = config.deploy === null ? `channels/${config.channel}` : `deploys/${config.deploy.number}`;
  try {
    const response = await fetch(`${config.prefix}${place}/manifest.json`, {
      signal: AbortSignal.timeout(config.stall),
    });
    if (!response.ok) return null;
    const manifest = manifestFromJson(await response.json());
    const hash = hasher(manifestBytes(manifest));
    if (config.deploy !== null) {
      return config.deploy.manifest === hash ? { deploy: config.deploy.number, hash, manifest } : null;
    }
    const header = response.headers.get('Modcast-Deploy');
    return { deploy: header === null ? await headNumber(options, hash) : Number(header), hash, manifest };
  } catch {
    return null;
  }
}

/** Fetches a deploy's manifest. Null when that fails. */
export async function fetchManifest(
  { config, fetch }: FetchOptions,
  deploy: number,
): Promise<Manifest | null> {
  try {
    const signal = AbortSignal.timeout(config.stall);
    const response = await fetch(`${config.prefix}deploys/${deploy}/manifest.json`, { signal });
    return response.ok ? manifestFromJson(await response.json()) : null;
  } catch {
    return null;
  }
}

/**
 * Fetches the pack that a static export has made of a manifest, in one request. The blobs are not verified.
 * Missing ones are left out: their modules have HTTP URLs.
 */
export async function fetchPack(
  { config, fetch }: FetchOptions,
  manifest: Hash,
): Promise<{ records: PackRecord[]; complete: boolean }> {
  const records: PackRecord[] = [];
  const decoder = new PackDecoder();
  try {
    const stall = new AbortController();
    let timer = setTimeout(() => stall.abort(), config.stall);
    const response = await fetch(`${config.prefix}packs/${manifest}.pack`, { signal: stall.signal });
    const reader = response.ok ? response.body?.getReader() : undefined;
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(), config.stall);
      for (const segment of decoder.push(next.value)) records.push(...(await readSegment(segment)));
    }
    clearTimeout(timer);
  } catch {
    // The blobs that came before are used.
  }
  return { records, complete: decoder.complete };
}
